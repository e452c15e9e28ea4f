// The code of every resolver: several fields of one query travel in one call of the shop's function.
import { util } from '@aws-appsync/utils';

export function request(ctx) {
  const { fieldName, parentTypeName, selectionSetList } = ctx.info;
  return {
    operation: 'BatchInvoke',
    payload: { info: { fieldName, parentTypeName, selectionSetList }, arguments: ctx.args },
  };
}

export function response(ctx) {
  if (ctx.error) {
    // What broke is in the function's log and nobody else's business.
    util.error('Something went wrong on our side.', 'INTERNAL_ERROR');
  }
  const { data, errorMessage, errorType } = ctx.result;
  if (errorMessage) {
    util.error(errorMessage, errorType);
  }
  return data;
}

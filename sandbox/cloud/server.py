"""moto's server in a thread of this process, once however often it is asked for."""

import logging
import os
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any

# The only region whose unsigned calls moto finds.
REGION = "us-east-1"
# moto asks nobody for a real one.
KEY = "sandbox"
# Whose everything is, as moto calls the one account it has.
ACCOUNT = "123456789012"
# Where the AWS clients look for who they are: no instance of moto's asks who they really are.
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": KEY,
    "AWS_SECRET_ACCESS_KEY": KEY,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}
# Zappa asks there at each update, and moto has no such address.
FUNCTION_ADDRESSES = r"{0}/(?P<api_version>[^/]+)/functions/(?P<function_name>[\w_:%-]+)/urls/?$"


@lru_cache(maxsize=4)
def serve(port: int = 0) -> str:
    """Start moto until the process ends; its address. Port 0: any that is free.

    Raises SystemExit, in words on standard error, for a port that somebody else has.
    """
    # Codes of an authenticator app are checked only then.
    os.environ["MOTO_COGNITO_IDP_USER_POOL_ENABLE_TOTP"] = "true"
    # It takes a second to load, and most test processes never ask for it.
    from moto.awslambda import responses, urls  # noqa: PLC0415
    from moto.dynamodb.responses import DynamoHandler  # noqa: PLC0415
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server  # noqa: PLC0415

    # Routes are made when the server starts; who answers at this one is in functions.py.
    urls.url_paths[FUNCTION_ADDRESSES] = responses.LambdaResponse.dispatch
    setattr(DynamoHandler, "call_action", one_at_a_time(DynamoHandler.call_action))  # noqa: B010 - moto's own method

    # It says each request that it answers.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    # Not moto's ThreadedMotoServer: that one waits for ever at a port that somebody else has.
    app = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.port}"


def one_at_a_time(answer: Callable[..., Any]) -> Callable[..., Any]:
    """Calls wait for each other, as DynamoDB's writes do.

    A transaction that moto refuses puts the tables back as they were when it began, and so undoes what others wrote
    meanwhile; and between a condition and its write there is room for another's.
    """
    turn = threading.Lock()

    def in_turn(handler: Any) -> Any:
        with turn:
            return answer(handler)

    return in_turn

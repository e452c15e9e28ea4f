"""What Cognito's errors mean in the port's terms, by what was asked for."""

from shop.adapters.accounts import CodeRefused, Refused, SignInLapsed, WrongCredentials


class Nobody(Refused):
    """There is nobody to whom this could be done, or it was done before: not to be told to anybody."""


# Cognito says that an e-mail is not confirmed without having looked at the password
# (https://github.com/aws/aws-sdk-js/issues/4608), so whoever types an address must not be told.
SIGN_IN_REFUSED = dict.fromkeys(
    (
        "NotAuthorizedException",
        "UserNotFoundException",
        "UserNotConfirmedException",
        "PasswordResetRequiredException",
        "InvalidParameterException",
    ),
    WrongCredentials,
)
CODE_REFUSED = dict.fromkeys(
    (
        "CodeMismatchException",
        "ExpiredCodeException",
        "EnableSoftwareTokenMFAException",
        "AliasExistsException",
        "InvalidParameterException",
        "NotAuthorizedException",
        "UserNotFoundException",
        "UserNotConfirmedException",
    ),
    CodeRefused,
)
LAPSED = dict.fromkeys(
    (
        "NotAuthorizedException",
        "UserNotFoundException",
        "UserNotConfirmedException",
        "PasswordResetRequiredException",
        "SoftwareTokenMFANotFoundException",
        "ResourceNotFoundException",
    ),
    SignInLapsed,
)
ANSWER_REFUSED = LAPSED | {
    "CodeMismatchException": CodeRefused,
    "ExpiredCodeException": CodeRefused,
    "InvalidParameterException": Refused,
}
# A limit or a mail that fails would tell that there is an account.
NOBODY = dict.fromkeys(
    (
        "UserNotFoundException",
        "NotAuthorizedException",
        "InvalidParameterException",
        "LimitExceededException",
        "CodeDeliveryFailureException",
    ),
    Nobody,
)
GONE = {"UserNotFoundException": Nobody}

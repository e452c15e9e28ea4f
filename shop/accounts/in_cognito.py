"""A user pool as the keeper of this shop's identities: Cognito mails codes, the shop whatever else is to be told."""

from shop.accounts import mails
from shop.accounts.models import User
from shop.adapters.accounts_cognito import CognitoAccounts


class PoolAccounts(CognitoAccounts):
    """The `cognito` entry of settings.ACCOUNTS_ADAPTERS."""

    def tell_taken(self, email: str) -> None:
        mails.already_signed_up(User(email=email))

"""Addresses of accounts."""

from django.urls import path

from shop.accounts.views import (
    addresses,
    browsers,
    details,
    emails,
    from_order,
    home,
    passwords,
    proving,
    second_step,
    signing_in,
    signing_up,
)

urlpatterns = [
    path("account/signup/", signing_up.signup, name="account-signup"),
    path("account/confirm/", signing_up.confirm, name="account-confirm"),
    path("account/confirm/again/", signing_up.confirm_again, name="account-confirm-again"),
    path("account/email/", emails.change, name="account-email"),
    path("account/email/confirm/", emails.confirm, name="account-email-confirm"),
    path("account/login/", signing_in.login, name="account-login"),
    path("account/login/code/", signing_in.login_code, name="account-login-code"),
    path("account/login/new-password/", signing_in.login_new_password, name="account-login-new-password"),
    path("account/logout/", signing_in.logout, name="account-logout"),
    path("account/logout/everywhere/", signing_in.logout_everywhere, name="account-logout-everywhere"),
    path("account/password/", passwords.change, name="account-password"),
    path("account/password/forgot/", passwords.forgot, name="account-password-forgot"),
    path("account/password/reset/", passwords.reset, name="account-password-reset"),
    path("account/", home.home, name="account-home"),
    path("account/orders/", home.orders, name="account-orders"),
    path("account/orders/<slug:number>/", home.order, name="account-orders-detail"),
    path("account/orders/<slug:number>/documents/<slug:document>/", home.document, name="account-orders-document"),
    path("account/addresses/", addresses.addresses, name="account-addresses"),
    path("account/addresses/add/", addresses.add, name="account-addresses-add"),
    path("account/addresses/<int:address_id>/", addresses.change, name="account-addresses-change"),
    path("account/addresses/<int:address_id>/remove/", addresses.remove, name="account-addresses-remove"),
    path("account/details/", details.details, name="account-details"),
    path("orders/<slug:number>/<slug:key>/account/", from_order.from_order, name="order-account"),
    path("account/prove/", proving.prove, name="account-prove"),
    path("account/security/", second_step.security, name="account-security"),
    path("account/security/two-step/", second_step.two_step, name="account-security-two-step"),
    path("account/security/two-step/off/", second_step.two_step_off, name="account-security-two-step-off"),
    path("account/security/browsers/", browsers.end_browser, name="account-security-browsers"),
]

from django.urls import path

from shop.checkout.views import again, cancel, checkout, payment

urlpatterns = [
    path("checkout/", checkout.checkout, name="checkout"),
    path("checkout/return/", payment.checkout_return, name="checkout-return"),
    path("orders/<slug:number>/<slug:key>/pay/", payment.order_pay, name="order-pay"),
    path("orders/<slug:number>/<slug:key>/cancel/", cancel.order_cancel, name="order-cancel"),
    path("webhooks/stripe/", payment.webhook_stripe, name="webhook-stripe"),
    path("webhooks/paypal/", payment.webhook_paypal, name="webhook-paypal"),
    path("account/orders/<slug:number>/again/", again.order_again, name="account-orders-again"),
]

from django.urls import URLPattern, path, re_path

from sandbox import control, mailbox
from sandbox.courier import api as courier_api
from sandbox.courier import pages as courier_pages
from sandbox.easypost import api as easypost_api
from sandbox.easypost import pages as easypost_pages
from sandbox.paypal import api as paypal_api
from sandbox.paypal import pages as paypal_pages
from sandbox.stripe import api, pages
from sandbox.twin import pages as twin

urlpatterns: list[URLPattern] = [
    path("", control.overview, name="sandbox"),
    path("weather/", control.set_weather, name="sandbox-weather"),
    path("sessions/<slug:session_id>/<slug:action>/", control.on_session, name="sandbox-on-session"),
    path("orders/<slug:order_id>/<slug:action>/", control.on_order, name="sandbox-on-order"),
    path("events/<slug:event_id>/<slug:action>/", control.on_event, name="sandbox-on-event"),
    path("deliveries/<int:delivery_id>/<slug:action>/", control.on_delivery, name="sandbox-on-delivery"),
    path("stripe/pay/<slug:session_id>/", pages.pay, name="sandbox-pay"),
    path("stripe/pay/<slug:session_id>/confirm/", pages.confirm, name="sandbox-confirm"),
    re_path(r"^stripe/v1/(?P<path>.*)$", api.api, name="sandbox-stripe-api"),
    path("paypal/approve/<slug:order_id>/", paypal_pages.approve, name="sandbox-approve"),
    re_path(r"^paypal/(?P<path>v[12]/.*)$", paypal_api.api, name="sandbox-paypal-api"),
    path("courier/track/<slug:number>/", courier_pages.track, name="sandbox-courier-track"),
    path("courier/track/<slug:number>/<slug:kind>/", courier_pages.on_parcel, name="sandbox-on-parcel"),
    re_path(r"^courier/v1/(?P<path>.*)$", courier_api.api, name="sandbox-courier-api"),
    path("easypost/track/<slug:number>/", easypost_pages.track, name="sandbox-easypost-track"),
    path("easypost/track/<slug:number>/<slug:kind>/", easypost_pages.on_parcel, name="sandbox-on-easypost-parcel"),
    path("easypost/files/<slug:shipment_id>.pdf", easypost_api.label_file, name="sandbox-easypost-label"),
    re_path(r"^easypost/v2/(?P<path>.*)$", easypost_api.api, name="sandbox-easypost-api"),
    path("twin/", twin.twin, name="sandbox-twin"),
    path("twin/consumer/<slug:action>/", twin.on_consumer, name="sandbox-on-consumer"),
    path("twin/queues/<slug:name>/", twin.on_queue, name="sandbox-on-queue"),
    path("twin/events/<slug:event_id>/", twin.on_bus_event, name="sandbox-on-bus-event"),
    path("twin/trouble/<slug:action>/", twin.on_trouble, name="sandbox-on-trouble"),
    path("media/<path:name>", twin.media, name="sandbox-media"),
    path("mail/", mailbox.mailbox, name="sandbox-mailbox"),
    path("mail/<slug:name>/", mailbox.mail, name="sandbox-mail"),
    path("mail/<slug:name>/html/", mailbox.mail_html, name="sandbox-mail-html"),
]

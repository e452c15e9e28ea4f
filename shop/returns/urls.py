from django.urls import path

from shop.returns import views

urlpatterns = [
    path("orders/<slug:number>/<slug:key>/return/", views.ask, name="order-return"),
    path("orders/<slug:number>/<slug:key>/withdraw/", views.withdraw, name="order-withdraw"),
    path("orders/<slug:number>/<slug:key>/returns/<slug:which>/", views.detail, name="order-return-detail"),
    path("orders/<slug:number>/<slug:key>/returns/<slug:which>/slip.pdf", views.slip_pdf, name="order-return-slip"),
    path("orders/<slug:number>/<slug:key>/returns/<slug:which>/label/", views.label, name="order-return-label"),
    path("orders/<slug:number>/<slug:key>/returns/<slug:which>/label.pdf", views.label_pdf, name="order-return-paper"),
    path("orders/<slug:number>/<slug:key>/returns/<slug:which>/cancel/", views.cancel, name="order-return-cancel"),
]

from django.urls import path

from shop.activity import views

urlpatterns = [path("activity/", views.activity, name="activity")]

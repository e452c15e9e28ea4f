from django.urls import path

from shop.graphql import views

urlpatterns = [path("graphql/", views.graphql, name="graphql")]

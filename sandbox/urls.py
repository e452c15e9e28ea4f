from django.urls import URLPattern, path

from sandbox import mailbox

urlpatterns: list[URLPattern] = [
    path("mail/", mailbox.mailbox, name="sandbox-mailbox"),
    path("mail/<slug:name>/", mailbox.mail, name="sandbox-mail"),
    path("mail/<slug:name>/html/", mailbox.mail_html, name="sandbox-mail-html"),
]

"""Customers, staff and roles. Nobody can give away, or take from, more than they hold themselves."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.forms import Field
from django.http import HttpRequest, HttpResponse
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from adminpanel.customer_inlines import CUSTOMER_INLINES
from adminpanel.second_step_off import SecondStepOff
from adminpanel.site import StaffAdmin
from shop.accounts import mails, sessions
from shop.accounts.audit import note
from shop.accounts.emails import clean_email
from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent

admin.site.unregister(Group)


def kept_elsewhere() -> bool:
    """Whether an identity provider keeps passwords, e-mails and staff groups, which then are only read here."""
    return settings.ACCOUNTS_ADAPTERS["django"] != settings.ACCOUNTS_PROVIDER


class CleanEmail:
    """An e-mail typed by staff is held to the same rule as one typed by its owner."""

    cleaned_data: dict[str, Any]

    def clean_email(self) -> str:
        return clean_email(self.cleaned_data["email"])


class PersonCreationForm(CleanEmail, UserCreationForm):
    class Meta:
        model = User
        fields = ["email", "full_name"]


class PersonChangeForm(CleanEmail, UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


def holds_all_of(editor: Any, permissions: set[str]) -> bool:
    """Whether the editor has each of these permissions ('shop.view_order')."""
    return bool(editor.is_superuser or permissions <= editor.get_all_permissions())


def names_of(permissions: QuerySet[Permission]) -> set[str]:
    """Permission rows as Django names them: 'shop.view_order'."""
    pairs = permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in pairs}


def within_reach(editor: Any) -> QuerySet[Group]:
    """The groups that give nothing the editor does not have."""
    if editor.is_superuser:
        return Group.objects.all()
    groups = Group.objects.prefetch_related("permissions__content_type")
    held = editor.get_all_permissions()
    reachable = [
        group.pk
        for group in groups
        if {f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.all()} <= held
    ]
    return Group.objects.filter(pk__in=reachable)


def permissions_of(editor: Any) -> QuerySet[Permission]:
    """The permission rows that the editor holds."""
    rows = Permission.objects.select_related("content_type")
    if editor.is_superuser:
        return rows
    held = editor.get_all_permissions()
    return rows.filter(pk__in=[row.pk for row in rows if f"{row.content_type.app_label}.{row.codename}" in held])


def visible_people(editor: Any, people: QuerySet[User]) -> QuerySet[User]:
    """Of these people, those that the editor may see: without the right to manage people, customers only."""
    return people if editor.has_perm("shop.change_user") else people.filter(is_staff=False)


class WithinOwnRights(StaffAdmin):
    """Many-to-many choices of groups and permissions offer only what the editor holds."""

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Field | None:
        if db_field.name == "groups":
            options["queryset"] = within_reach(request.user)
        elif db_field.name in ("permissions", "user_permissions"):
            options["queryset"] = permissions_of(request.user)
        field: Field | None = super().formfield_for_manytomany(db_field, request, **options)
        return field


@admin.register(User)
class PersonAdmin(SecondStepOff, DjangoUserAdmin, WithinOwnRights):  # type: ignore[type-arg, misc]
    form = PersonChangeForm
    add_form = PersonCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["email", "full_name", "is_staff", "roles", "is_active", "date_joined"]
    list_filter = ["is_staff", "is_active", "groups"]
    search_fields = ["email__istartswith", "@full_name"]
    search_help_text = "How the e-mail or words of the name begin"
    ordering = ["-date_joined"]
    readonly_fields = ["last_sign_in", "date_joined"]
    filter_horizontal = ["groups"]
    inlines = [*CUSTOMER_INLINES]
    fieldsets = [
        (None, {"fields": ["email", "full_name", "password"]}),
        ("Rights", {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        ("Dates", {"fields": ["last_sign_in", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "full_name", "password1", "password2"]})]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without a password where an identity provider keeps it."""
        if not kept_elsewhere() or obj is None:
            return super().get_fieldsets(request, obj)
        return [(None, {"fields": ["email", "full_name"]}), *self.fieldsets[1:]]

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        if kept_elsewhere():
            raise PermissionDenied
        before = self.get_object(request, unquote(id))
        response: HttpResponse = super().user_change_password(request, id, form_url)
        person = User.objects.filter(pk=before.pk).first() if before else None
        if before and person and person.password != before.password:
            tell_of_password(request, person)
        return response

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Another e-mail typed here is nobody's until its reader has confirmed it."""
        former = str(form.initial.get("email", ""))
        moved = change and obj.email.lower() != former.lower() and "email" in form.changed_data
        if moved:
            obj.email_confirmed_at = None
        super().save_model(request, obj, form, change)
        if moved:
            note_of_staff(request, AccountEvent.Kind.EMAIL_CHANGED, obj, former)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Where an identity provider keeps people, they come from there."""
        return not kept_elsewhere() and bool(super().has_add_permission(request))

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people: QuerySet[User] = super().get_queryset(request).prefetch_related("groups")
        return visible_people(request.user, people)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        rights = ["is_superuser"] if not request.user.is_superuser else []
        if kept_elsewhere():
            rights = ["email", "is_staff", "is_superuser", "groups"]
        return [*self.readonly_fields, *rights]

    def get_inline_instances(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Only to look at, so a form that is sent has no part of them; who is being added has kept nothing yet."""
        return list(super().get_inline_instances(request, obj)) if obj and request.method != "POST" else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and may_manage(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and may_manage(request.user, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The bulk action asks about the model, not about each row: refuse rows above the editor here."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        above = {f"person {person}" for person in objs if not may_manage(request.user, person)}
        return deleted, counts, {*lacking, *above}, protected

    @admin.display(description="Last sign-in")
    def last_sign_in(self, person: User) -> datetime | None:
        """As far back as events are kept."""
        newest = AccountEvent.objects.filter(user=person, kind=AccountEvent.Kind.SIGNED_IN)
        signed_in: datetime | None = once(person, "last_sign_in", newest.values_list("at", flat=True).first)
        return signed_in

    @admin.display(description="Roles")
    def roles(self, person: User) -> str:
        return ", ".join(group.name for group in person.groups.all())


def tell_of_password(request: HttpRequest, person: User) -> None:
    """Staff set it: every other session of theirs ends, and the owner hears of it."""
    if person.pk == request.user.pk:
        sessions.end_others(request)
    else:
        sessions.end_here(person)
    note_of_staff(request, AccountEvent.Kind.PASSWORD_CHANGED, person)
    mails.password_changed(person)


def note_of_staff(request: HttpRequest, kind: AccountEvent.Kind, person: User, former_email: str = "") -> None:
    """Its owner reads this: neither address nor browser of whoever did it, unless that was themselves."""
    own = person.pk == request.user.pk
    note(kind, request=request if own else None, user=person, email=former_email, note="" if own else "by staff")


def may_manage(editor: Any, person: User | None) -> bool:
    """Only those who hold at least what the person holds may change them."""
    if person is None or editor.is_superuser:
        return True
    return not person.is_superuser and holds_all_of(editor, held_by(person))


def held_by(person: User) -> set[str]:
    """What the person would hold if active: a blocked superior is still a superior."""
    rows = Permission.objects.filter(Q(user=person) | Q(group__user=person)).distinct()
    held: set[str] = once(person, "held", lambda: names_of(rows))
    return held


def once(row: Any, name: str, find: Callable[[], Any]) -> Any:
    """What was found for that row, which one page asks for again and again."""
    found = row.__dict__.setdefault("_found", {})
    if name not in found:
        found[name] = find()
    return found[name]


@admin.register(Group)
class RoleAdmin(WithinOwnRights):
    list_display = ["name", "people"]
    search_fields = ["name"]
    filter_horizontal = ["permissions"]

    @admin.display(description="People")
    def people(self, group: Any) -> int:
        return int(group.people)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        rows: QuerySet[Group] = super().get_queryset(request)
        return rows.annotate(people=Count("user"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and self.within(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and self.within(request, obj)

    def within(self, request: HttpRequest, group: Group | None) -> bool:
        """Whether the group gives nothing that the editor does not hold."""
        return group is None or holds_all_of(request.user, names_of(group.permissions.all()))

"""What pages that change people have in common: doing it, and telling what came of it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Case, Func, Model, Q, QuerySet, TextField, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from faces.errors import FaceError
from faces.models import Edit, Person
from faces.people.editing import hold
from faces.people.naming import tidy_name
from faces.people.once import made_by
from photos.long_lists import LongList
from photos.models import Owner
from photos.staff import MAX_REASON, ReasonForm, note, reason_of

MOST_CHOSEN = 500  # rows that an action changes at once
NAMES_OFFERED = 200  # while a name is typed: those of the newest people
_NAMES_LIKE = 12  # what is typed: so many are offered
_PICTURES = 24  # of what was chosen

M = TypeVar("M", bound=Model)
Act = Callable[[], Any]  # makes an edit


class NotTogether(FaceError):
    """What was chosen can't be changed in one go."""

    code = "not_together"


def by(request: HttpRequest) -> User:
    """Who does it."""
    assert isinstance(request.user, User)  # noqa: S101  # others are not let in
    return request.user


@contextmanager
def refusals_told(request: HttpRequest) -> Iterator[None]:
    """What is refused inside the block is told to staff; the transaction of it is over by then."""
    try:
        yield
    except FaceError as exc:
        messages.error(request, str(exc))


def chosen(
    rows: QuerySet[M], owner_of: Callable[[M], Owner], *, least: int = 1
) -> tuple[list[M], Owner]:
    """What staff have chosen of a list, and whose that is.

    Raises:
        NotTogether: it is too few or too many for the action, or of several owners.
    """
    there = list(rows[: MOST_CHOSEN + 1])
    if len(there) < least:
        raise NotTogether(
            _("Choose %(least)d or more: %(count)d is too few.")
            % {"least": least, "count": len(there)}
        )
    if len(there) > MOST_CHOSEN:
        raise NotTogether(
            _("More than %(most)d are chosen: that is the most at once.") % {"most": MOST_CHOSEN}
        )
    owners = {owner_of(row) for row in there}
    if len(owners) != 1:
        raise NotTogether(_("Choose what is of one owner: narrow the list down to that first."))
    return there, owners.pop()


def edit(request: HttpRequest, owner: Owner, *acts: Act, done: str) -> list[Edit]:
    """Have each of `acts` make its edit, all or none, and tell that it is `done`, and how to undo.

    Returns what was made. Who has done it, and why they say they did, is written down with it.

    Raises:
        FaceError: as `acts` do; nothing has changed.
    """
    with transaction.atomic():
        hold(owner)
        made = made_by(owner, acts)
        Edit.objects.filter(pk__in=[each.pk for each in made]).update(reason=reason_of(request))
        note(request, made, done)
    if made:
        messages.success(request, format_html("{} {}", done, _way_back(request, made)))
    else:
        messages.info(request, _("That was so already: nothing has changed."))
    return made


def may_undo(request: HttpRequest) -> bool:
    return by(request).has_perm("faces.change_edit")


def _way_back(request: HttpRequest, edits: list[Edit]) -> SafeString:
    """A button that undoes `edits`, all or none, for those who may. Its form is on every page."""
    if not may_undo(request):
        return SafeString("")
    newest_first = " ".join(str(edit.pk) for edit in reversed(edits))
    button = '<button class="undo" form="undoing" name="edits" value="{}">{}</button>'
    return format_html(button, newest_first, _("Undo"))


@dataclass(frozen=True)
class Question:
    """What an action needs to know, or whether it is meant."""

    title: str
    form: forms.Form = field(default_factory=forms.Form)
    words: Sequence[str] = ()  # what will happen
    pictures: Iterable[str] = ()  # their addresses; they show what was chosen
    names: Collection[str] = ()  # offered while one is typed
    parts: Sequence[tuple[str, Sequence[str]]] = ()  # what it comes to: words, and pictures
    sent: Sequence[tuple[str, object]] = ()  # what was asked for, to be asked again; of no action
    back: str = ""  # where to go instead; the page that is asked for, if it is not said


def ask(
    request: HttpRequest, page: admin.ModelAdmin[M], rows: list[M], question: Question
) -> TemplateResponse:
    """The page with a question, which then calls the action again with the same `rows`."""
    chosen_again = [("_selected_action", row.pk) for row in rows]
    shown = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": question.title,
        "form": question.form,
        "rows": rows,
        "sent": question.sent or [("action", request.POST["action"]), *chosen_again],
        "back": question.back or request.get_full_path(),
        "words": question.words,
        "reason": reason_of(request),
        "longest_reason": MAX_REASON,
        "pictures": list(islice(question.pictures, _PICTURES)),
        "names": question.names,
        "parts": question.parts,
    }
    return TemplateResponse(request, "admin/faces/ask.html", shown)


def answered(request: HttpRequest) -> Any:
    """What staff have sent of the page of ask(); None: they have not seen it yet."""
    return request.POST if "answered" in request.POST else None


def names_offered(owner: Owner | None = None) -> list[str]:
    people = Person.objects.order_by("-pk")
    if owner:
        people = people.filter(owner=owner)
    return sorted(set(people.values_list("name", flat=True)[:NAMES_OFFERED]))


def names_like(owner: int, typed: str) -> list[str]:
    """Of people of an owner (a key): those whose name has the letters, or else an alias has.

    Names that begin with them come first.
    """
    letters = tidy_name(typed.replace("\0", ""))
    if not letters:
        return []
    alias = Func("aliases", Value(" "), function="array_to_string", output_field=TextField())
    people = Person.objects.filter(owner=owner).annotate(others=alias)
    found = people.filter(Q(name__icontains=letters) | Q(others__icontains=letters))
    place = Case(When(name__istartswith=letters, then=Value(0)), default=Value(1))
    return list(found.order_by(place, "name").values_list("name", flat=True)[:_NAMES_LIKE])


def link(page: str, pk: int, words: str) -> SafeString:
    """To the page of a row."""
    address = reverse(f"admin:{page}_change", args=[pk])
    return format_html('<a href="{}"><bdi>{}</bdi></a>', address, words)


def history_of(page: admin.ModelAdmin[Any], request: HttpRequest, pk: object) -> HttpResponse:
    """To the edits that have touched a person, a cluster or a face."""
    if not page.has_view_or_change_permission(request):
        raise PermissionDenied
    what = page.opts.model_name
    return HttpResponseRedirect(f"{reverse('admin:faces_edit_changelist')}?{what}={pk}")


class EditingAdmin(admin.ModelAdmin[M]):
    """A page that makes edits. What else follows from them is done where `jobs` registers it."""

    def edit(self, request: HttpRequest, owner: Owner, *acts: Act, done: str) -> list[Edit]:
        """As edit() of this module. Pages call this one."""
        return edit(request, owner, *acts, done=done)

    def confirmed(
        self,
        request: HttpRequest,
        chosen: tuple[list[M], Owner],
        acts: Iterable[Act],
        told: Mapping[str, StrOrPromise],
        said: Mapping[str, str],
        **shown: Any,
    ) -> HttpResponse | None:
        """Ask whether it is meant; then have the edits made.

        `told`: the `title` and the `words` of the question, and what is told when it is `done`,
        with places for what is `said`. `shown`: its pictures, as those of a Question.
        """
        rows, owner = chosen
        question = Question(title=str(told["title"]) % said, words=[str(told["words"])], **shown)
        done = str(told["done"]) % said
        if answered(request) is None:
            return ask(request, self, rows, question)
        self.edit(request, owner, *acts, done=done)
        return None


class EditedAdmin(EditingAdmin[M]):
    """Rows that are changed by edits, and by nothing else."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count everything

    def get_changelist(self, request: HttpRequest, **values: Any) -> type[ChangeList]:
        return LongList

    action_form = ReasonForm

    def log_change(self, request: HttpRequest, obj: M, message: Any) -> LogEntry:
        """Not stored: edit() has written it down."""
        return LogEntry(change_message=message)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """There are actions for it, which can be undone."""
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What the services refuse is told on the page, and nothing of it is done."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except FaceError as exc:
            messages.error(request, str(exc))
        return HttpResponseRedirect(request.get_full_path())

    def response_change(self, request: HttpRequest, obj: M) -> HttpResponse:
        """What was done is told already."""
        if "_continue" in request.POST:
            return HttpResponseRedirect(request.get_full_path())
        return self.response_post_save_change(request, obj)

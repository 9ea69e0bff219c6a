"""Searching photos, for staff: one owner's at a time.

It is drawn on the server; a script adds the keyboard, and suggestions while somebody types.
"""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from jobs import saved_searches
from jobs.admin.owners import owner_of, owners_offered
from jobs.admin.searching import drawing
from jobs.admin.searching.address import Address
from jobs.admin.searching.trying import TROUBLES, told, tried, trouble
from jobs.operations import current_recipes
from jobs.searching import Answer
from photos.models import Owner, Photo
from photos.staff import note
from search import facets
from search.errors import VocabularyError
from search.facets import Facets
from search.finding import COUNTED
from search.models import MAX_TITLE, SavedSearch
from search.questions import Sort
from search.serializers.saved import SavingSerializer
from search.understanding.tokens import MAX_QUESTION
from search.words.suggesting import suggest

SAVED_SHOWN = 50
SUGGESTED = 8
_BEGUN = 100  # letters of a word that somebody types
_SORTS = {
    Sort.RELEVANCE: gettext_lazy("Relevance"),
    Sort.NEWEST: gettext_lazy("Newest"),
    Sort.OLDEST: gettext_lazy("Oldest"),
}
_KINDS = {  # of suggestions
    "people": gettext_lazy("people"),
    "places": gettext_lazy("places"),
    "tags": gettext_lazy("tags"),
    "objects": gettext_lazy("objects"),
}
_NEWEST = 500  # photos, of which examples are made

may_look = permission_required("photos.view_photo", raise_exception=True)
may_save = permission_required("search.add_savedsearch", raise_exception=True)


@require_GET
@may_look
def page(request: HttpRequest) -> HttpResponse:
    frame = {**admin.site.each_context(request), "title": _("Search")}
    owner = owner_of(request)
    if owner:
        address = Address.of(request.GET, owner)
        frame |= _form(owner, address)
        frame |= _asked(owner, address) if address.asks else _unasked(owner)
    return render(request, "admin/search/page.html", frame)


@require_GET
@may_look
def suggestions(request: HttpRequest) -> JsonResponse:
    """What may be meant by the beginning `q` of a word."""
    owner, begun = owner_of(request), request.GET.get("q", "")[:_BEGUN]
    found = suggest(owner, begun, limit=SUGGESTED) if owner else []
    told = [{"kind": str(_KINDS.get(one.kind, one.kind)), "words": one.words} for one in found]
    return JsonResponse({"results": told})


@require_POST
@may_look
@may_save
def save(request: HttpRequest) -> HttpResponse:
    """Keep the question of the address under the name that is sent."""
    owner = owner_of(request)
    if owner is None:
        raise Http404(_("There is no owner yet."))
    address = Address.of(request.GET, owner)
    saving = SavingSerializer(data={"name": request.POST.get("name"), "asked": address.asked})
    if saving.is_valid():
        _save(request, owner, **saving.validated_data)
    else:
        for each in told(saving.errors):
            messages.error(request, each)
    return redirect(reverse("search-page") + address.same)


def _save(request: HttpRequest, owner: Owner, name: str, asked: dict[str, Any]) -> None:
    try:
        saved = saved_searches.save(owner, name, asked)
    except TROUBLES as exc:
        messages.error(request, trouble(exc))
    else:
        note(request, [saved], _("Saved."), flag=ADDITION)
        messages.success(request, _("Saved “%(name)s”.") % {"name": name})


def _form(owner: Owner, address: Address) -> dict[str, Any]:
    return {
        "owner": owner,
        "owners": owners_offered(owner),
        "address": address,
        "q": address.given.get("q", ""),
        "kept": address.kept(less=frozenset({"q", "without"})),  # parts are of these words
        "longest_question": MAX_QUESTION,
    }


def _asked(owner: Owner, address: Address) -> dict[str, Any]:
    cursor = {"cursor": address.cursor} if address.cursor else {}
    question = tried(owner, address.asked | cursor)
    shown = {
        "troubles": question.troubles,
        "parts": drawing.parts(question.asked, address) if question.asked else [],
        "filters": list(address.filters()),
        "whole": address.less("without") if "without" in address.given else "",
        "sorts": [(each, words, address.to(sort=each)) for each, words in _SORTS.items()],
        "sort": address.given.get("sort", Sort.RELEVANCE),
        "longest_name": MAX_TITLE,
    }
    return shown | (_found(owner, address, question.answer) if question.answer else {})


def _found(owner: Owner, address: Address, answer: Answer) -> dict[str, Any]:
    found = answer.found
    if found.total is not None:
        saved_searches.recount(owner, address.asked, found.total)
    return {
        "answer": answer,
        "hits": drawing.hits(answer),
        "many": COUNTED,
        "facets": drawing.narrower(found, address),
        "next": address.to(cursor=found.next) if found.next else "",
    }


def _unasked(owner: Owner) -> dict[str, Any]:
    """What could be asked of the owner's photos, and what was kept."""
    saved = SavedSearch.objects.filter(owner=owner).order_by("name")[:SAVED_SHOWN]
    shown = {"saved": [(each, Address.to_ask(each.asked, owner)) for each in saved]}
    try:
        recipes = current_recipes()
    except VocabularyError as exc:
        return shown | {"troubles": [str(exc)]}
    newest = Photo.objects.of(owner).order_by("-pk").values_list("pk", flat=True)[:_NEWEST]
    common = facets.of(owner, list(newest), recipes)
    examples = [(each, Address.to_ask({"q": each}, owner)) for each in _examples(common)]
    return shown | {"examples": examples}


def _examples(common: Facets) -> Iterator[str]:
    """Questions of whom, where, when and what is in the photos most."""
    people, places, years, things = (
        [each.value for each in values]
        for values in (common.people, common.places, common.years, common.objects)
    )
    yield from people[:1]
    if len(people) > 1:
        yield _("%(name)s without %(other)s") % {"name": people[0], "other": people[1]}
    yield from (_("photos in %(place)s") % {"place": place} for place in places[:1])
    yield from (_("photos from %(year)s") % {"year": year} for year in years[:1])
    yield from [thing for thing in things if thing != "person"][:3]  # that would say little


urls = [
    path("", admin.site.admin_view(page), name="search-page"),
    path("suggest", admin.site.admin_view(suggestions), name="search-page-suggest"),
    path("save", admin.site.admin_view(save), name="search-page-save"),
]

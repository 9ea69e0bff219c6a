"""What staff do on the page of a photo: they draw, move, name and delete faces, and look again."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from faces.admin.doing import by, edit
from faces.admin.faces import give
from faces.errors import FaceError, FaceMissing
from faces.forms import NameField
from faces.gone import box_of
from faces.models import MAX_NAME, Face
from faces.people import boxes
from inference.geometry import Box
from jobs import again, drawing
from jobs.aftermath import follow
from jobs.errors import JobError
from jobs.models import Job
from jobs.operations import current_recipes
from photos.admin import PhotoAdmin
from photos.errors import PhotoError
from photos.models import Photo
from search.errors import VocabularyError

NEW = "new"  # in an address: a face that is to be drawn
_EDGES = ("x", "y", "width", "height")
_KEY = re.compile("[0-9]{1,18}")


def _edge(label: Any) -> forms.FloatField:
    return forms.FloatField(label=label, widget=forms.NumberInput(attrs={"step": "any"}))


class FaceForm(forms.Form):
    """Where a face is, in pixels of the upright photo, and whose it is."""

    face = forms.IntegerField(
        required=False, min_value=1, max_value=10**18, widget=forms.HiddenInput
    )
    name = NameField(
        label=gettext_lazy("Name"),
        required=False,
        max_length=MAX_NAME,
        widget=forms.TextInput(attrs={"list": "names", "autocomplete": "off"}),
    )
    x = _edge(gettext_lazy("From the left"))
    y = _edge(gettext_lazy("From the top"))
    width = _edge(gettext_lazy("Width"))
    height = _edge(gettext_lazy("Height"))

    @property
    def box(self) -> Box:
        """Of a form that is valid."""
        return Box(*(self.cleaned_data[edge] for edge in _EDGES))

    @property
    def troubles(self) -> list[str]:
        return [
            f"{self[field].label}: {message}"
            for field, told in self.errors.items()
            for message in told
        ]


def form_of(face: Face | None, sent: Any) -> FaceForm:
    """For a face, or a new one; with what the address has `sent` of it, if it has."""
    known = {}
    if face:
        known = {edge: getattr(face, edge) for edge in _EDGES}
        known |= {"face": face.pk, "name": face.person.name if face.person else ""}
    typed = {name: sent[name] for name in (*_EDGES, "name") if name in sent}
    return FaceForm(initial=known | typed)


class DeskPhotoAdmin(PhotoAdmin):
    def get_urls(self) -> list[URLPattern]:
        views = {"face": self.face_view, "again": self.again_view}
        own = [
            path(f"<int:pk>/{name}/", self._door(view), name=f"photos_photo_{name}")
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    def _door(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        return self.admin_site.admin_view(require_POST(view))

    def has_place_permission(self, request: HttpRequest) -> bool:
        """To say which faces there are, and whose."""
        return request.user.has_perm("faces.change_face")

    def has_again_permission(self, request: HttpRequest) -> bool:
        """To give the workers something to do."""
        return request.user.has_perm("jobs.add_job")

    # --- Faces ------------------------------------------------------------------------------------

    def face_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Add, change or delete the face that is sent. What is refused can be corrected."""
        photo = self._photo(request, pk, may=self.has_place_permission(request))
        form = FaceForm(request.POST)
        try:
            if request.POST.get("do") == "delete":
                self._delete(request, photo)
                return HttpResponseRedirect(_page(photo))
            if form.is_valid():
                face = self._save(request, photo, form)
                return HttpResponseRedirect(f"{_page(photo)}#face-{face}")
            troubles = form.troubles
        except (FaceError, PhotoError) as exc:
            troubles = [str(exc)]
        return self._refused(request, photo, troubles)

    def _save(self, request: HttpRequest, photo: Photo, form: FaceForm) -> int:
        """The key of the face that is new, or is changed."""
        name, key = form.cleaned_data["name"], form.cleaned_data["face"]
        if key:
            face = _face(photo, key)
            self._change(request, photo, face, form.box, name)
            return face.pk
        drawn, added = drawing.look(photo, form.box), list[Face]()

        def add() -> None:
            added.append(boxes.add(photo, drawn, name=name, by=by(request)))

        self._edit(request, photo, [add], done=_("Added a face."))
        return added[0].pk

    def _change(self, request: HttpRequest, photo: Photo, face: Face, box: Box, name: str) -> None:
        acts: list[Callable[[], object]] = []
        if box != box_of(face):
            acts.append(partial(boxes.move, face, drawing.look(photo, box), by=by(request)))
        if name and name != (face.person.name if face.person else ""):
            acts.append(partial(give, photo.owner, [face.pk], name, by=by(request)))
        self._edit(request, photo, acts, done=_("Changed the face."))

    def _delete(self, request: HttpRequest, photo: Photo) -> None:
        sent = request.POST.get("face", "")
        face = _face(photo, int(sent) if _KEY.fullmatch(sent) else 0)
        act = partial(boxes.delete, face, by=by(request))
        self._edit(request, photo, [act], done=_("Deleted the face."))

    def _edit(
        self,
        request: HttpRequest,
        photo: Photo,
        acts: Sequence[Callable[[], object]],
        *,
        done: str,
    ) -> None:
        """All or none of `acts`, with what follows from them; written down for the photo.

        Which face, and whose, the edit says alone: erasing somebody takes it out there.
        """
        made = edit(request, photo.owner, *acts, done=done)
        follow(photo.owner, *(each.pk for each in made))
        for each in made:
            self.log_change(
                request, photo, _("%(done)s Edit %(number)d.") % {"done": done, "number": each.pk}
            )

    def _refused(self, request: HttpRequest, photo: Photo, troubles: Sequence[str]) -> HttpResponse:
        """Back to the page, with what was typed."""
        for each in troubles:
            messages.error(request, each)
        typed = {name: request.POST[name] for name in (*_EDGES, "name") if name in request.POST}
        sent = {"face": request.POST.get("face") or NEW, **typed}
        return HttpResponseRedirect(f"{_page(photo)}?{urlencode(sent)}#face-form")

    # --- Looking again ----------------------------------------------------------------------------

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have the operations that are sent done once more, by a worker."""
        photo = self._photo(request, pk, may=self.has_again_permission(request))
        operations = request.POST.getlist("operation")
        try:
            jobs = again.run(photo, operations, current_recipes(), by=by(request))
        except (JobError, VocabularyError) as exc:
            messages.error(request, str(exc))
        else:
            self._tell(request, photo, operations, jobs)
        return HttpResponseRedirect(f"{_page(photo)}#looks")

    def _tell(
        self, request: HttpRequest, photo: Photo, operations: Sequence[str], jobs: Sequence[Job]
    ) -> None:
        if not jobs:
            messages.warning(request, _("Choose what is to be done again: nothing is chosen."))
            return
        said = _("Asked for %(operations)s again.") % {"operations": ", ".join(operations)}
        self.log_change(request, photo, said)
        links = [(reverse("admin:jobs_job_change", args=[job.pk]), str(job.pk)[:8]) for job in jobs]
        shown = format_html_join(", ", '<a href="{}">{}</a>', links)
        done = _("A worker does it when it is free. The job:")
        messages.success(request, format_html("{} {}", done, shown))

    def _photo(self, request: HttpRequest, pk: int, *, may: bool) -> Photo:
        """
        Raises:
            PermissionDenied: the user may not do it, or may not even look.
            Http404: there is no such photo.
        """
        if not (may and self.has_view_permission(request)):
            raise PermissionDenied
        return get_object_or_404(Photo.objects.select_related("owner"), pk=pk)


def _face(photo: Photo, key: int) -> Face:
    """
    Raises:
        FaceMissing: the photo has no such face, or no more.
    """
    faces = photo.faces.with_people().select_related("photo__owner")
    if face := faces.filter(pk=key).first():
        return face
    raise FaceMissing(_("The photo has no such face any more."))


def _page(photo: Photo) -> str:
    return reverse("admin:photos_photo_change", args=[photo.pk])

"""What staff do on a person's page: with some of the faces, and with what was said of them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from faces.errors import NotAsked, NothingChosen
from faces.models import Face, Person
from faces.people import naming, placing
from faces.review.deciding import acts_of
from faces.review.questions import Kind, Question, Side
from faces.review.still import group_of, still_open

Act = Callable[[], Any]
Told = tuple[Sequence[Act], str]  # what is to be done, and what to say when it is
_MAX_KEY = 2**63 - 1


class KeyField(forms.IntegerField):
    """The key of a row."""

    def __init__(self, **values: Any) -> None:
        super().__init__(min_value=1, max_value=_MAX_KEY, **values)


class FacesForm(forms.Form):
    """Some of a person's faces, and what is said of them."""

    do = forms.ChoiceField(choices=[(each, each) for each in ("confirm", "reject", "cover")])
    face = forms.ModelMultipleChoiceField(
        Face.objects.none(),
        error_messages={
            "required": gettext_lazy("Choose faces first: none is chosen."),
            "invalid_choice": gettext_lazy("Face %(value)s is not theirs any more: choose again."),
        },
    )

    def __init__(self, data: Any, *, person: Person) -> None:
        super().__init__(data)
        theirs = Face.objects.filter(membership__part__cluster__person=person)
        self.fields["face"].queryset = theirs  # type: ignore[attr-defined]  # of this kind of field

    def told(self, person: Person, by: User) -> Told:
        """
        Raises:
            NothingChosen: several faces can't be the cover.
        """
        faces = [face.pk for face in self.cleaned_data["face"]]
        owner, count = person.owner, len(faces)
        match self.cleaned_data["do"]:
            case "confirm":
                done = ngettext("Confirmed %(count)s face.", "Confirmed %(count)s faces.", count)
                act: Act = partial(placing.confirm, owner, faces, by=by)
            case "reject":
                done = ngettext("Rejected %(count)s face.", "Rejected %(count)s faces.", count)
                act = partial(placing.reject, owner, faces, person, by=by)
            case _:
                if count > 1:
                    raise NothingChosen(_("Choose one face: that one stands for the person."))
                done = _("The cover is another one now.")
                cover = self.cleaned_data["face"][0]
                act = partial(naming.change, person, by=by, cover=cover)
        return [act], done % {"count": count}


class SaidForm(forms.Form):
    """What was said of a `face`, or of two, and is to be taken back."""

    face = KeyField()
    other = KeyField(required=False)

    def told(self, person: Person, by: User) -> Told:
        face, other = self.cleaned_data["face"], self.cleaned_data["other"]
        if other:
            act: Act = partial(placing.unanswer, person.owner, face, other, by=by)
        else:
            act = partial(placing.unreject, person.owner, [face], person, by=by)
        return [act], _("Taken back: it may be found out anew.")


class AlikeForm(forms.Form):
    """Whether the person, as by the `first` face, is one with who has the `second`."""

    first = KeyField()
    second = KeyField()
    answer = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")])

    def told(self, person: Person, by: User) -> Told:
        """
        Raises:
            NotAsked: the faces are not there any more, or somebody has settled it meanwhile.
        """
        same = self.cleaned_data["answer"] == "yes"
        keys = self.cleaned_data["first"], self.cleaned_data["second"]
        mine = Face.objects.with_people().filter(photo__owner=person.owner)
        faces = mine.in_bulk(keys)
        groups = [group_of(faces[key]) if key in faces else None for key in keys]
        if None in groups or groups[0] != person.pk:
            raise NotAsked(_("These faces are somewhere else by now: look again."))
        sides = [Side(group or 0, 1, face=key) for group, key in zip(groups, keys, strict=True)]
        open_ = still_open(person.owner, Kind.SAME, [Question(0, 0, *sides)])
        if not open_:
            raise NotAsked(_("Somebody has settled that meanwhile: look again."))
        done = _("They are one person now.") if same else _("They stay two, for good.")
        return acts_of(person.owner, Kind.SAME, open_[0], same=same, by=by), done

"""What staff type about people, checked."""

from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.db.models import Q
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from faces.models import LOOKED_AT_ALONE, MAX_NAME, Cluster, Face, Membership, Person
from faces.people.naming import tidy_name
from photos.admin import picture
from photos.models import Owner

_COVERS = 11  # faces that may be the cover, besides the one that is: the best


def names_address(owner: int) -> str:
    """Where the page finds names of the people of `owner` (a key) while one is typed."""
    return f"{reverse('admin:faces_cluster_names')}?owner={owner}"


class NameField(forms.CharField):
    """A person's name, as it is stored."""

    default_error_messages = {"required": _("Give the person a name: it is empty.")}

    def to_python(self, value: object) -> str:
        return tidy_name(super().to_python(value) or "")


class NamesField(forms.Field):
    """Names, one a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        ProhibitNullCharactersValidator()(value or "")
        lines = map(tidy_name, (value or "").splitlines())
        return [line for line in lines if line]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """A value that can't be read is one that has changed."""
        try:
            return bool(self.to_python(data) != (initial or []))
        except forms.ValidationError:
            return True


class CoverField(forms.ModelChoiceField[Face]):
    """One of somebody's faces, chosen by its picture."""

    widget = forms.RadioSelect

    def label_from_instance(self, obj: Face) -> SafeString:
        return picture(obj.crop.url, str(obj))


class NameForm(forms.Form):
    """Who somebody is."""

    name = NameField(
        label=_("Name"),
        max_length=MAX_NAME,
        help_text=_("A name that is known already is that person."),
        widget=forms.TextInput(attrs={"list": "names", "autocomplete": "off", "autofocus": True}),
    )

    def __init__(self, data: Any, *, owner: Owner) -> None:
        super().__init__(data)
        self.fields["name"].widget.attrs["data-names"] = names_address(owner.pk)


class NamingForm(forms.ModelForm[Cluster]):
    """Who a cluster is."""

    name = NameField(
        label=_("Name"),
        max_length=MAX_NAME,
        help_text=_("A name that is known already is that person."),
    )

    class Meta:
        model = Cluster
        fields = ()

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        address = names_address(self.instance.owner_id)
        offered = {"list": "names", "autocomplete": "off", "data-names": address}
        self.fields["name"].widget.attrs |= offered

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> str:
        return self.instance.person.name if self.instance.person else ""


class ChosenFacesForm(forms.Form):
    """Faces of a cluster, and what is to be done with them."""

    do = forms.ChoiceField(
        choices=[
            (each, each)
            for each in ("split", "give", "move", "remove", "confirm", "reject", "ignore")
        ]
    )
    face = forms.ModelMultipleChoiceField(
        Face.objects.none(),
        error_messages={
            "required": _("Choose faces first: none is chosen."),
            "invalid_choice": _("Face %(value)s is not in this cluster any more: choose again."),
        },
    )
    name = NameField(required=False, max_length=MAX_NAME)
    to = forms.CharField(required=False, max_length=64)

    def __init__(self, data: Any, *, cluster: Cluster) -> None:
        super().__init__(data)
        faces = Face.objects.filter(membership__part__cluster=cluster)
        self.fields["face"].queryset = faces  # type: ignore[attr-defined]  # of this kind of field


class MergingForm(forms.Form):
    """Whose name stays."""

    into = forms.ChoiceField(
        label=_("Name"),
        widget=forms.RadioSelect,
        help_text=_("The others' names become aliases."),
        error_messages={"required": _("Choose the name that stays.")},
    )

    def __init__(self, data: Any, *, people: list[Person]) -> None:
        super().__init__(data)
        choices = [(str(person.pk), person.name) for person in people]
        self.fields["into"].choices = choices  # type: ignore[attr-defined]  # of this kind of field


class ClusterMergingForm(forms.Form):
    """Which of several clusters keeps its id: all faces go there."""

    into = forms.ChoiceField(
        label=_("Into"),
        widget=forms.RadioSelect,
        help_text=_("It keeps its id. If one of them has a name, that is the name of them all."),
        error_messages={"required": _("Choose the cluster that stays.")},
    )

    def __init__(self, data: Any, *, clusters: list[Cluster]) -> None:
        super().__init__(data)
        biggest_first = sorted(clusters, key=lambda each: (-each.face_count, each.pk))
        choices = [(each.public_id, each.person or each.label) for each in biggest_first]
        self.fields["into"].choices = choices  # type: ignore[attr-defined]  # of this kind of field
        self.initial["into"] = biggest_first[0].public_id


class TargetForm(forms.Form):
    """Another cluster, by its label."""

    to = forms.CharField(
        label=_("Cluster"),
        max_length=64,
        help_text=_("Its label, such as clu_3f9a0c71d2be."),
        error_messages={"required": _("Say which cluster they are to go to.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )


class PersonForm(forms.ModelForm[Person]):
    """What is known of a person. That names are free is checked when it is written."""

    name = NameField(label=_("Name"), max_length=MAX_NAME)
    aliases = NamesField(
        label=_("Aliases"), required=False, help_text=_("Other names that they go by, one a line.")
    )
    cover = CoverField(
        Face.objects.none(),
        label=_("Cover"),
        required=False,
        blank=True,
        empty_label=_("Whichever is the best"),
        help_text=_("The face that stands for them."),
    )

    class Meta:
        model = Person
        fields = (
            "name", "aliases", "contact_id", "favourite", "hidden", "ignored", "unrecognised",
            "cover",
        )  # fmt: skip

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        theirs = Membership.objects.filter(part__cluster__person=self.instance.pk)
        best = Face.objects.best_of(theirs[:LOOKED_AT_ALONE]).values_list("pk", flat=True)[:_COVERS]
        offered = Face.objects.filter(Q(pk__in=list(best)) | Q(pk=self.instance.cover_id))
        self.fields["cover"].queryset = offered.order_by("-quality", "pk")  # type: ignore[attr-defined]  # of this kind

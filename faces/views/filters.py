"""How lists of people, clusters and faces are narrowed down."""

from typing import Any

from django.db.models import F, Func, Q, QuerySet, TextField, Value
from django.forms import IntegerField
from django_filters import rest_framework as filters

from faces.models import Cluster, Edit, Face, Person
from faces.people.alike import called_like
from faces.people.history import touching
from faces.serializers.asked import MAX_KEY
from photos.models import owners_of


class KeyFilter(filters.NumberFilter):  # type: ignore[misc]  # django-filter has no types
    """A primary key."""

    field_class = IntegerField

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, min_value=1, max_value=MAX_KEY, **values)

    def get_max_validator(self) -> None:
        """The field has its own."""


class HiddenFilter(filters.BooleanFilter):  # type: ignore[misc]  # django-filter has no types
    """What is hidden, by itself or with its `of`, if that is asked for; else what is not."""

    def __init__(self, *args: Any, of: str = "", **values: Any) -> None:
        super().__init__(*args, **values)
        self._hidden = Q(hidden=True) | (Q((f"{of}__hidden", True)) if of else Q())

    def filter(self, rows: QuerySet[Any], value: bool | None) -> QuerySet[Any]:  # noqa: FBT001  # django-filter's
        return rows.filter(self._hidden) if value else rows.exclude(self._hidden)


class PersonFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    search = filters.CharFilter(method="called", label="Part of a name, or of another one.")
    hidden = HiddenFilter(label="The hidden ones, in place of the others.")
    alike = KeyFilter(method="named_alike", label="A person: whose names are like theirs.")

    class Meta:
        model = Person
        fields = ("search", "hidden", "favourite", "contact_id", "alike")

    def called(self, people: QuerySet[Person], _name: str, part: str) -> QuerySet[Person]:
        names = Func(
            F("aliases"), Value("\n"), function="array_to_string", output_field=TextField()
        )
        named = people.alias(other_names=names)
        return named.filter(Q(name__icontains=part) | Q(other_names__icontains=part))

    def named_alike(self, people: QuerySet[Person], _name: str, key: int) -> QuerySet[Person]:
        mine = Person.objects.filter(owner__in=owners_of(self.request.user))
        one = mine.select_related("owner").filter(pk=int(key)).first()
        if one is None:
            return people.none()
        found = called_like(one.owner, [one.name, *one.aliases], but=one.pk)
        return people.filter(pk__in=found)


class ClusterFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    person = KeyFilter("person_id")
    named = filters.BooleanFilter("person", "isnull", exclude=True, label="Has a person's name.")
    hidden = HiddenFilter(
        of="person", label="Those that are hidden, or whose person is, in place of the others."
    )

    class Meta:
        model = Cluster
        fields = ("person", "named", "hidden", "ignored")


class FaceFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    person = KeyFilter("membership__part__cluster__person_id")
    cluster = filters.CharFilter("membership__part__cluster__public_id")
    photo = KeyFilter("photo_id")
    alone = filters.BooleanFilter("membership", "isnull", label="Is of no cluster.")

    class Meta:
        model = Face
        fields = ("person", "cluster", "photo", "alone", "ignored")


class EditFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    kind = filters.ChoiceFilter(choices=Edit.Kind.choices)
    person = KeyFilter("people", method="touching_person")
    face = KeyFilter("faces", method="touching_face")
    cluster = filters.CharFilter(method="touching_cluster", label="Its id.")

    class Meta:
        model = Edit
        fields = ("kind", "person", "cluster", "face")

    def touching_person(self, edits: QuerySet[Edit], _name: str, key: int) -> QuerySet[Edit]:
        return edits.filter(people__contains=[key])

    def touching_face(self, edits: QuerySet[Edit], _name: str, key: int) -> QuerySet[Edit]:
        return edits.filter(touching(int(key)))

    def touching_cluster(self, edits: QuerySet[Edit], _name: str, cluster: str) -> QuerySet[Edit]:
        there = Cluster.objects.filter(public_id=cluster).values_list("pk", flat=True)
        return edits.filter(clusters__contains=list(there) or [0])

"""What staff type about people, checked."""

from django import forms

from faces.models import MAX_NAME, Cluster, Person
from faces.people.naming import tidy_name


class NameField(forms.CharField):
    """A person's name, as it is stored."""

    default_error_messages = {"required": "Give the person a name: it is empty."}

    def to_python(self, value: object) -> str:
        return tidy_name(super().to_python(value) or "")


class NamingForm(forms.ModelForm[Cluster]):
    """Who a cluster is."""

    name = NameField(max_length=MAX_NAME, help_text="A name that is known already is that person.")

    class Meta:
        model = Cluster
        fields = ()

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> str:
        return self.instance.person.name if self.instance.person else ""


class PersonForm(forms.ModelForm[Person]):
    name = NameField(max_length=MAX_NAME)

    class Meta:
        model = Person
        fields = ("name",)

    def clean_name(self) -> str:
        """Raises ValidationError if the owner has somebody else of this name."""
        name: str = self.cleaned_data["name"]
        others = Person.objects.filter(owner=self.instance.owner, name=name)
        if others.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(
                "Somebody has this name already. If they are one person, give their clusters "
                "one name."
            )
        return name

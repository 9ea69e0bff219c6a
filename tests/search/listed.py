"""Lists of the admin site, as staff see them."""

from django.test import Client


def listed(client: Client, url: str) -> list[int]:
    """Primary keys of the rows, in their order."""
    return [row.pk for row in client.get(url).context["cl"].result_list]


def page_of(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def offered(client: Client, url: str, parameter: str) -> list[str]:
    """The words of a filter's choices, less "All"."""
    specs = client.get(url).context["cl"].filter_specs
    return [
        words
        for spec in specs
        if getattr(spec, "parameter_name", "") == parameter
        for _, words in spec.lookup_choices
    ]

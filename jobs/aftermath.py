"""What an edit of faces brings about beyond them: in tags and captions, and in what is known."""

from faces.models import Edit, Person
from faces.people.changes import Row, Step
from jobs import looking
from jobs.recounting import recount
from photos.models import Owner


def follow(owner: Owner, *keys: int) -> None:
    """Have all be right that follows from edits, when they are done. Twice changes nothing.

    Tags and captions that count people are brought up to date. Where a face is left without what
    it looks like, a worker looks at it.
    """
    edits = list(Edit.objects.of(owner).filter(pk__in=keys).only("steps", "people", "undoes"))
    rows = [step for edit in edits for step in edit.steps if step.get("row") == "face"]
    recount({_row(step)["photo_id"] for step in rows if not (step["before"] and step["after"])})
    there = [step["key"] for step in rows if step["after"]]
    if looking.are_unseen(owner, there) or any(map(_frees_faces, edits)):
        looking.ask(owner)


def _row(step: Step) -> Row:
    """Of a face that has come, or gone."""
    row: Row = step["before"] or step["after"]
    return row


def _frees_faces(edit: Edit) -> bool:
    """Whether faces of who was not to be recognised may be somebody else's, or known, again."""
    people = [step["before"] or {} for step in edit.steps if step.get("row") == "person"]
    if any(row.get("unrecognised") for row in people):
        return True
    theirs = Person.objects.filter(pk__in=edit.people, unrecognised=True)
    return edit.undoes_id is not None and theirs.exists()

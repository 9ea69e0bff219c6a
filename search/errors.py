"""What can go wrong between what models saw and what can be found again."""

from inference.errors import InferenceError


class SearchError(Exception):
    """Photos can't be described or found in the way that was asked for."""

    code = "search_error"
    retryable = False


class VocabularyError(SearchError):
    """A file of the vocabulary is not as it must be. The message names the file and the place."""

    code = "vocabulary_broken"
    retryable = True  # photos wait until somebody has mended it


class VectorMissing(SearchError):
    """The photo has no vector of the model that looks at photos now: ask for its embedding first.

    It is wanted for tags, and for photos that look like it.
    """

    code = "vector_missing"


class SpaceMoved(SearchError):
    """Photos are searched in another space since this one was looked at: it is looked at again."""

    code = "space_moved"
    retryable = True


class PhotosLeft(SearchError):
    """Photos are still to get a vector in the new space: they would not be found any more."""

    code = "photos_left"


class SpaceUnknown(SearchError):
    """There is no such space of whole photos."""

    code = "space_unknown"


class SpaceInUse(SearchError):
    """Photos are searched in the space, or get vectors in it: they stay."""

    code = "space_in_use"


class PhotoMissing(SearchError):
    """There is no such photo, or it is somebody else's."""

    code = "photo_missing"


class ForeignVectors(InferenceError):
    """The image encoder and the text encoder do not belong together: choose one pack for both.

    Vectors of different models mean nothing to each other.
    """

    code = "foreign_vectors"
    retryable = True  # roles are switched one after the other


class NoPrompts(InferenceError):
    """The vocabulary has no prompt in a language that the active text encoder knows."""

    code = "no_prompts"


class CursorInvalid(SearchError):
    """Where the next page begins can't be read: ask for the first page again."""

    code = "cursor_invalid"


class FilterUnknown(SearchError):
    """A parameter names what is not here. `fields` says which one, as of input that is wrong."""

    code = "filter_unknown"

    def __init__(self, field: str, detail: str) -> None:
        """`detail` begins with the parameter's name."""
        super().__init__(detail)
        self.fields = {field: [detail.removeprefix(f"{field}: ")]}


class SavedNameTaken(SearchError):
    """The owner has another saved search of this name: choose another one."""

    code = "saved_name_taken"


class QuestionInvalid(SearchError):
    """These words are no question. The message says what is wrong with them and what to do."""

    code = "question_invalid"


class PartUnknown(SearchError):
    """The question has no such part: take the keys of the interpretation of the same words."""

    code = "part_unknown"


class CollectionMissing(SearchError):
    """There is no collection of that name, or no vector was ever made for it."""

    code = "collection_missing"


class CollectionDiffers(SearchError):
    """The collection is there, with vectors of another length or another measure of likeness."""

    code = "collection_differs"


class PointMissing(SearchError):
    """The collection has no point of that id."""

    code = "point_missing"


class PointInvalid(SearchError):
    """A point, a filter or a vector is not as it must be. The message names it, and what is."""

    code = "point_invalid"


class PointTaken(SearchError):
    """The point is of a photo or a face that is here: it changes with that, and not by itself."""

    code = "point_taken"


class TooManyFaces(SearchError):
    """The photo has more faces than ids of points: it can't be told which point is whose."""

    code = "too_many_faces"

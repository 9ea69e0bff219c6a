"""What can go wrong between the address of a photo and its pixels, and with the models."""


class PhotoError(Exception):
    """A photo could not be had, or not be read.

    The message is a sentence for whoever asked for the photo. It never repeats what only the
    inside may see: resolved addresses, redirects, bodies, credentials, query strings.
    """

    code = "photo_error"
    retryable = False


class InvalidURL(PhotoError):
    """The URL is not plain http(s)://host[:port]/path[?query]. Correct it."""

    code = "invalid_url"


class BlockedAddress(PhotoError):
    """The URL, or one it redirects to, leads where this service may not look.

    Private networks are open only to hosts the operator has named.
    """

    code = "blocked_address"


class FetchUnreachable(PhotoError):
    """The host has no address, refused the connection, or broke it off. Try again later."""

    code = "fetch_unreachable"
    retryable = True


class FetchTimeout(PhotoError):
    """The photo had not arrived completely when its time was up. Try again later."""

    code = "fetch_timeout"
    retryable = True


class FetchUnavailable(PhotoError):
    """The host is busy or broken: it answered 408, 429 or 5xx. Try again later."""

    code = "fetch_unavailable"
    retryable = True


class FetchStatus(PhotoError):
    """The host answered, but not with a photo: 404, 403 and the like."""

    code = "fetch_status"


class FetchMissing(FetchStatus):
    """The host says that it has no such photo: 404 or 410."""


class FetchInsecure(PhotoError):
    """The host could not show by its certificate that it is the one named in the URL."""

    code = "fetch_insecure"


class FetchTooLarge(PhotoError):
    """The photo has more bytes than are accepted."""

    code = "fetch_too_large"


class FetchRedirects(PhotoError):
    """The URL redirects more often than is followed."""

    code = "fetch_redirects"


class FetchEncoded(PhotoError):
    """The host compressed the photo on the way, although it was asked not to."""

    code = "fetch_encoded"


class EmptyFile(PhotoError):
    """There are no bytes."""

    code = "empty_file"


class UnsupportedFormat(PhotoError):
    """The bytes are no JPEG, PNG, WebP, HEIC, AVIF or TIFF photo, whatever their name says."""

    code = "unsupported_format"


class ImageTruncated(PhotoError):
    """The photo is cut off or damaged, so that its pixels cannot be read."""

    code = "image_truncated"


class ImageTooLarge(PhotoError):
    """The photo has more pixels, or more passes over them, than are decoded."""

    code = "image_too_large"


class XmpInvalid(PhotoError):
    """The XMP, of a sidecar or inside of a photo, can't be read. Mend it, or leave it out."""

    code = "xmp_invalid"


class DecoderDied(PhotoError):
    """The photo has broken the program that decodes photos, twice. It would do so again."""

    code = "decoder_died"


class DecodeTimeout(PhotoError):
    """The photo takes longer to be decoded than any photo is given."""

    code = "decode_timeout"


class DecoderUnavailable(PhotoError):
    """The program that decodes photos can't be started: no photo's fault. Try again later."""

    code = "decoder_unavailable"
    retryable = True


class StoreUnavailable(PhotoError):
    """The store that pictures are kept in gives no answer. Try again later."""

    code = "store_unavailable"
    retryable = True


class StorageFull(StoreUnavailable):
    """There is no room left where files are kept. Nothing was stored; try again later."""

    code = "storage_full"


class ThumbnailMissing(PhotoError):
    """The photo's thumbnail is not in the storage any more: have missing thumbnails made."""

    code = "thumbnail_missing"


class OriginalMissing(PhotoError):
    """The original of a photo in the catalogue is not in the storage any more."""

    code = "original_missing"


class ServingError(Exception):
    """What was asked of the models can't be done."""

    code = "serving_error"
    retryable = False


class ModelUnknown(ServingError):
    """There is no such role or model in the repository."""

    code = "model_unknown"


class ModelInUse(ServingError):
    """The model is working, or was a moment ago: it stays loaded. Try again later."""

    code = "model_in_use"
    retryable = True


class ModelPinned(ServingError):
    """The model is pinned: it stays loaded until it is unpinned."""

    code = "model_pinned"


class ModelControlOff(ServingError):
    """Models are loaded and unloaded by the server alone (MODEL_CONTROL=none)."""

    code = "model_control_off"


class NothingBefore(ServingError):
    """The role has had no other model: there is nothing to go back to."""

    code = "nothing_before"


class FacesMustFollow(ServingError):
    """The role is that of heads: faces get their vectors by one before it is active."""

    code = "faces_must_follow"


class RepositoryBroken(ServingError):
    """The model repository is not there, or has no models in it."""

    code = "repository_broken"


class OriginalDiffers(PhotoError):
    """The original in the storage is not the picture that the photo's row tells of: it is smaller.

    Somebody has put another file in its place.
    """

    code = "original_differs"


class IdempotencyKeyReused(PhotoError):
    """Something else was asked for with this idempotency key before. Use another key."""

    code = "idempotency_key_reused"


class VectorUnfit(Exception):
    """A vector can't be compared with those of the space. Send one of that space's model."""

    code = "vector_unfit"
    retryable = False

"""What face vectors are kept in: tables, and the spaces of the active models with their indexes."""

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

import photos.services
from faces.models import FaceVector
from inference import roles
from inference.configs import DescribedModels
from jobs.clustering import current_space
from jobs.steps import Outcome
from photos.hnsw import create_index
from photos.roles import active_models, sync


def ensure() -> Outcome:
    """Have all of it. Twice changes nothing; asks no model server.

    Raises:
        RepositoryBroken: there are no models.
        InferenceNotReady: an active one does not say what its vectors are like.
    """
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        call_command("migrate", interactive=False, verbosity=0)
    sync(settings.MODEL_REPOSITORY)
    active, described = active_models(), DescribedModels(settings.MODEL_REPOSITORY)
    for role in (roles.FACE_EMBEDDER, roles.FACE_MATCHER):
        if role.name in active:
            identity = described.identity(role.at(active[role.name]))
            create_index(FaceVector, photos.services.bare_space_of(identity))
    space = current_space()  # that of the head behind the embedder, if there is one
    return {
        "migrations": len(plan),
        "space": space and space.name,
        "dimension": space and space.dimension,
    }

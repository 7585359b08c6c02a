"""The registry of networks: what train, inspect and the checks of a model folder must know of each.

A further network costs its builder (`semscan/model/networks/`), its training plan
(`semscan/pipeline/training/`), and an entry here. Nothing here imports TensorFlow: builders are named as
"module:function" and imported on use, by `semscan.model.registry.resolve`. The registry lies in `settings`
because `files` checks the name of a network in a model folder, and these packages do not import each other.
"""

from __future__ import annotations

from dataclasses import dataclass

# Raw score softplus(-1): below it the network gives a synthetic defect a probability of less than one in four.
AUTOENCODER_FLOOR = 0.3133
FIRST_SCHEMA = 1
# Written where an older semscan would misjudge: by brightness, or because there is no network.
MATCHED_SCHEMA = 2
METHOD_SCHEMA = 3
SCHEMA_VERSION = 3  # the newest that is read
# Images of varying lighting are brought to this median, and to this distance of the 10 % and 90 % percentiles.
MATCHED_MEDIAN = 0.45
MATCHED_RANGE = 1 / 3
MAX_ZOOM = 2.0  # largest factor by which images of another magnification are resampled


@dataclass(frozen=True, slots=True)
class AttentionRole:
    """What a network wants of its attention.

    `pools`: one vector a patch instead of a map. `head`: learned scores where the mechanism has none of its own.
    `reduce`: positions averaged to each side before every one is compared with every other. `skips`: the network has
    skips for gates to act on.
    """

    pools: bool
    head: bool
    reduce: int
    name: str = "attention"
    skips: bool = False


@dataclass(frozen=True, slots=True)
class NetworkKind:
    """One kind of network.

    Attributes
    ----------
    title : str
        What a sentence calls it.
    summary : str
        One line for `semscan models`.
    builder : str
        ``build(config: NetworkConfig, attention, gates: bool) -> keras.Model``. The outputs include ``score``, of the
        input's size; with classes also ``logits`` and ``evidence``.
    losses : str
        ``losses() -> {"losses": {...}, "weights": {...}}`` by output name.
    plan : str
        ``plan(images, network, settings, findings) -> TrainingPlan``.
    attention : str
        The default attention.
    role : AttentionRole
    stride : int
        Sides of an exported network's input are multiples of this, pixels.
    dropout : float
        The default, 0 to 1.
    needs_classes : bool
        It learns from class folders; else from good images.
    logit_map : bool
        ``score`` is a logit, and the map is the mean over mirrored views; else it is a raw score.
    reconstructs : bool
        It has an output ``reconstruction``.
    resamples : bool
        It sees images at the magnification of the training images; else shrunk to one size.
    floor : float
        The raw threshold is never set below this.
    options : frozenset of str
        Options of train that only some networks know: "accept", "backbone", "seam".
    pixels_per_second, memory_mib : float, int
        Speed of training on two cores, and memory with TensorFlow, as measured.
    """

    title: str
    summary: str
    builder: str
    losses: str
    plan: str
    attention: str
    role: AttentionRole
    stride: int
    dropout: float = 0.0
    needs_classes: bool = False
    logit_map: bool = False
    reconstructs: bool = False
    resamples: bool = False
    floor: float = 0.0
    options: frozenset[str] = frozenset()
    pixels_per_second: float = 1.0e6
    memory_mib: int = 1500


NETWORKS: dict[str, NetworkKind] = {
    "autoencoder": NetworkKind(
        title="attention-guided autoencoder",
        summary="learns from good images, rebuilds them and draws a map of what it could not",
        builder="semscan.model.networks.autoencoder:autoencoder_of",
        losses="semscan.model.training.losses:autoencoder_losses",
        plan="semscan.pipeline.training.plan:autoencoder_plan",
        attention="soft-mask",
        role=AttentionRole(pools=False, head=True, reduce=1, skips=True),
        stride=16,
        logit_map=True,
        reconstructs=True,
        resamples=True,
        floor=AUTOENCODER_FLOOR,
        options=frozenset({"accept"}),
        pixels_per_second=2.1e6,
        memory_mib=1500,
    ),
    "attention-cnn": NetworkKind(
        title="attention CNN",
        summary="learns from class folders which class an image is, and where that shows",
        builder="semscan.model.networks.attention_cnn:classifier_of",
        losses="semscan.model.training.losses:classifier_losses",
        plan="semscan.pipeline.training.plan:classifier_plan",
        attention="feature-mask",
        role=AttentionRole(pools=True, head=False, reduce=4),
        stride=4,
        dropout=0.2,
        needs_classes=True,
        options=frozenset({"backbone", "seam"}),
        pixels_per_second=1.0e6,
        memory_mib=1200,
    ),
}

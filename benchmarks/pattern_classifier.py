"""Train and measure the network that classifies the regions of line and contact patterns by kind of defect.

    python benchmarks/pattern_classifier.py examples [--images N] [--seed N]
    python benchmarks/pattern_classifier.py train [--steps N] [--without-topology]

examples generates images with all kinds of defects, and keeps views of each defect. A quarter of the images has many
recipes of `semscan synth`, the others are drawn by benchmarks/comparison, where lines and contacts vary more.
train trains on them and writes semscan/runtime/pattern_classes.onnx. The last tenth of the images is held out and
measures the network; `semscan evaluate` measures it on generated sets of other seeds. --without-topology trains a
network to compare with: it is given 0 for all measures of topology, and is written to bench-out/.
"""

import argparse
import multiprocessing
import sys
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.comparison.examples import CLASSES, draw  # noqa: E402
from benchmarks.comparison.render import CLEAR  # noqa: E402
from semscan.errors import UsageFault  # noqa: E402
from semscan.image.pattern_view import SIDE, grey_range, pattern_view  # noqa: E402
from semscan.image.topology import MEASURES, topology  # noqa: E402
from semscan.pipeline.classes.pattern import GOOD  # noqa: E402
from semscan.reference.cell.lattice import find_lattice  # noqa: E402
from semscan.settings import DEFECTS, SynthSettings  # noqa: E402
from semscan.synth.simulator.image import make_image  # noqa: E402

EXAMPLES = ROOT / "bench-out" / "pattern_classes.npz"
COMPARED = ROOT / "bench-out" / "pattern_classes_without_topology.onnx"
TARGET = ROOT / "semscan" / "runtime" / "pattern_classes.onnx"
KINDS = (*sorted({*DEFECTS["lines"], *DEFECTS["contacts"]}), GOOD)
PATTERNS = tuple(DEFECTS)
EACH = 5  # defects in each image
VIEWS = 3  # of each defect, since the region of a defect differs from map to map
DRAWN = {"lines": ("lines", "rough lines", "double lines"), "contacts": ("contacts", "contacts", "dashes")}
TURNED = {"bridge": "break", "break": "bridge", "pinch": "micro-bridge", "micro-bridge": "pinch"}
LEAST_CONTRAST = 0.12  # of the grey range: below it, nobody can say which is the line


def recipe(pattern, rng, seed):
    """Draw a random recipe: pitch, duty, roughness, contrast, noise and optics in the range of SEM images."""
    pitch = float(np.exp(rng.uniform(np.log(14), np.log(44))))
    side = int(max(128, 8 * pitch))
    return SynthSettings(
        pattern=pattern,
        rows=side,
        cols=side,
        pitch=pitch,
        cd=pitch * rng.uniform(0.38, 0.62),
        seed=seed,
        lattice=str(rng.choice(["square", "staggered"])),
        angle=float(rng.choice([0, 90]) + rng.uniform(-4, 4)),
        roughness=rng.uniform(0.2, 1.1),
        correlation=rng.uniform(5, 25),
        top=rng.uniform(0.32, 0.6),
        bottom=rng.uniform(0.08, 0.24),
        tilt=rng.uniform(50, 80),
        bloom=rng.uniform(1.0, 3.0),
        shadow=rng.uniform(0, 0.12),
        blur=rng.uniform(0.5, 1.5),
        drift=rng.uniform(0, 2),
        dose=rng.uniform(20, 120),
        charging=rng.uniform(0, 0.06),
        gradient=rng.uniform(0, 0.12),
        grain=rng.uniform(0, 0.02),
    )


def region_of(mask, pitch, rng):
    """Draw a region as a map may show the defect: filled or in part, softer, larger or smaller; at times a disc."""
    outer = np.zeros_like(mask)
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(outer, outlines, -1, 1.0, cv2.FILLED)
    if rng.random() < 0.2:
        row, col = (at.mean() for at in np.nonzero(outer))
        cv2.circle(outer, (int(col), int(row)), max(2, int(pitch * rng.uniform(0.15, 0.9))), 1.0, cv2.FILLED)
    soft = cv2.GaussianBlur(outer, (0, 0), float(pitch * rng.uniform(0.03, 0.3)))
    if rng.random() < 0.5:  # only its most anomalous parts
        patchy = cv2.GaussianBlur(rng.standard_normal(mask.shape), (0, 0), float(pitch * rng.uniform(0.15, 0.5)))
        soft *= np.exp(rng.uniform(0.5, 2.0) * patchy / patchy.std())
    region = (soft > rng.uniform(0.08, 0.7) * soft.max()).astype(np.uint8)
    _, numbers, stats, _ = cv2.connectedComponentsWithStats(region)
    return (numbers == 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA])).astype(np.float32)


def examples(images, seed):
    """Generate views of defects and their kinds, image by image, and save them."""
    with multiprocessing.Pool() as pool:
        tasks = pool.imap(views_of, [(seed, number) for number in range(images)])
        found = [view for views in tqdm(tasks, total=images, unit="image", disable=None) for view in views]
    EXAMPLES.parent.mkdir(exist_ok=True)
    views, kinds, owners = map(np.array, zip(*found, strict=True))
    np.savez(EXAMPLES, views=views.astype(np.float16), kinds=kinds, owners=owners)
    print(f"{len(views)} views of {images} images", file=sys.stderr)


def views_of(task):
    """Return (view, (pattern, kind), image) of each defect of one image; empty if there is no room for the defects."""
    seed, number = task
    rng = np.random.default_rng([seed, number])
    pattern = PATTERNS[number % 2]
    make = synth_image if number % 8 < 2 else drawn_image
    made = make(pattern, rng, seed * 100_000 + number)
    if made is None:
        return []
    values, defects = made
    lattice = find_lattice(values)
    if not lattice.found or len(lattice.vectors) != 1 + (pattern == "contacts"):
        return []
    steps = lattice.vectors
    grey = grey_range(values)
    pitch = float(np.hypot(*steps.T).min())
    found = []
    marked = np.zeros(values.shape, bool)
    for kind, own in defects:
        marked |= own
        if kind is None:
            continue
        for _ in range(VIEWS):
            region = region_of(own.astype(np.float32), pitch, rng)
            centre = tuple(at.mean() + rng.normal(0, 0.08 * pitch) for at in np.nonzero(region))
            view = pattern_view(values, region, 1, centre, steps, grey).astype(np.float16)
            found.append((view, (PATTERNS.index(pattern), KINDS.index(kind)), number))
    clear = cv2.distanceTransform((~marked).astype(np.uint8), cv2.DIST_L2, 3) > 0.8 * pitch
    places = np.argwhere(clear)
    for place in rng.choice(places, min(VIEWS, len(places))) if len(places) else ():
        # Half of these views have an empty region, as inspect classifies positions between the regions.
        region = np.zeros(values.shape, np.float32)
        size = int(pitch * rng.uniform(-0.9, 0.9))
        if size > 0:
            cv2.circle(region, (int(place[1]), int(place[0])), max(2, size), 1.0, cv2.FILLED)
        view = pattern_view(values, region, 1, tuple(map(float, place)), steps, grey).astype(np.float16)
        found.append((view, (PATTERNS.index(pattern), KINDS.index(GOOD)), number))
    return found


def synth_image(pattern, rng, seed):
    """Generate an image as `semscan synth` does: (grey levels, [(kind, its pixels)]); None if there is no room."""
    try:
        image = make_image(recipe(pattern, rng, seed), list(rng.choice(DEFECTS[pattern], EACH)))
    except UsageFault:
        return None
    defects = []
    for defect in image.defects:
        box = (slice(defect.box.top, defect.box.bottom), slice(defect.box.left, defect.box.right))
        own = np.zeros(image.mask.shape, bool)
        own[box] = image.mask[box] > 0
        defects.append((defect.kind, own))
    return image.pixels.astype(np.float32) / 255, defects


def drawn_image(pattern, rng, seed):
    """Draw an image as benchmarks/comparison does, with the result of `synth_image`; None if it has no defects.

    Where lines are darker than the spaces, the spaces are what is called lines: their bridge is called a break.
    The kind is None for what has no name on the pattern.
    """
    drawn = draw(rng, CLEAR, str(rng.choice(DRAWN[pattern])))
    if pattern == "lines" and abs(drawn.brighter) < LEAST_CONTRAST:
        return None
    defects = []
    for kind in sorted(set(drawn.kinds)):
        label = drawn.label == 1 + CLASSES.index(kind)
        if pattern == "lines" and drawn.brighter < 0:
            kind = TURNED.get(kind, kind)
        count, numbers = cv2.connectedComponents(cv2.dilate(label.astype(np.uint8), np.ones((5, 5), np.uint8)))
        for part in range(1, count):
            own = label & (numbers == part)
            if own.sum() >= 9:
                defects.append((kind if kind in DEFECTS[pattern] else None, own))
    return (drawn.pixels.astype(np.float32) / 255, defects) if defects else None


def network():
    """Build a small conv net: views (n, SIDE, SIDE, 3) and measures to features (n, 32) and logits (n, kinds)."""
    import keras
    from keras import layers

    view = x = keras.Input((SIDE, SIDE, 3))
    measures = keras.Input((MEASURES,))
    for width in (16, 24, 40, 56):
        for _ in range(1 if width < 40 else 2):
            x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
            x = layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(layers.Conv2D(64, 3, activation="relu")(x)))
    y = layers.Dense(32, activation="relu")(layers.BatchNormalization(momentum=0.95)(measures))
    y = layers.Dense(32, activation="relu")(y)
    features = layers.Dense(32)(layers.Concatenate()([x, y]))
    logits = layers.Dense(len(KINDS))(layers.ReLU()(features))
    return keras.Model([view, measures], [features, logits])


def varied(views, contacts, rng):
    """Mirror the views and change contrast, brightness and noise; transpose those of contact arrays as well."""
    out = views.astype(np.float32)
    for axis in (1, 2):
        over = rng.random(len(out)) < 0.5
        out[over] = np.flip(out[over], axis)
    turned = contacts & (rng.random(len(out)) < 0.5)
    out[turned] = out[turned].transpose(0, 2, 1, 3)
    gain = np.exp(rng.normal(0, 0.12, (len(out), 1, 1)))
    offset = rng.normal(0, 0.06, (len(out), 1, 1))
    for grey in (0, 2):
        out[..., grey] = out[..., grey] * gain + offset
    out[..., 0] += rng.normal(0, 1, out.shape[:3]) * rng.uniform(0, 0.08, (len(out), 1, 1))
    return out


def train(steps, seed, with_topology):
    """Train, print the accuracy on the last tenth of the images, and write the graph."""
    import keras
    import tensorflow as tf

    saved = np.load(EXAMPLES)
    views = saved["views"]
    measures = np.zeros((len(views), MEASURES), np.float32)
    for place, view in enumerate(tqdm(views, unit="view", disable=None) if with_topology else ()):
        measures[place] = topology(view.astype(np.float32))
    kinds = saved["kinds"]
    owners = saved["owners"]
    held_out = owners >= np.quantile(np.unique(owners), 0.9)
    keras.utils.set_random_seed(seed)
    model = network()
    rng = np.random.default_rng(seed)
    optimizer = keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(2e-3, steps), weight_decay=1e-3)
    weights = model.trainable_variables
    pool = np.flatnonzero(~held_out)
    own = np.array([_allowed(pattern) for pattern in kinds[:, 0]], np.float32)

    @tf.function
    def train_step(inputs, measured, targets, allowed):
        with tf.GradientTape() as tape:
            _, logits = model([inputs, measured], training=True)
            logits = tf.where(allowed > 0, logits, -20.0)  # kinds of the other pattern are excluded, as in inspect
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=targets, logits=logits))
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return loss

    smooth = np.eye(len(KINDS), dtype=np.float32)[kinds[:, 1]] * 0.95
    smooth += 0.05 * own / own.sum(1, keepdims=True)
    bar = tqdm(range(steps), unit="step", disable=None)
    for _ in bar:
        batch = rng.choice(pool, 64)
        loss = train_step(varied(views[batch], kinds[batch, 0] == 1, rng), measures[batch], smooth[batch], own[batch])
        bar.set_postfix(loss=f"{float(loss):.3f}")
    features, logits = model.predict([views, measures], batch_size=256, verbose=0)
    predicted = np.where(own > 0, logits, -np.inf).argmax(1)
    print_accuracy(kinds[held_out], predicted[held_out])
    write(model, features, kinds[:, 1], held_out, TARGET if with_topology else COMPARED)


def _allowed(pattern):
    return [kind in (*DEFECTS[PATTERNS[pattern]], GOOD) for kind in KINDS]


def print_accuracy(kinds, predicted):
    """Print how many views of each kind are classified correctly, for each pattern."""
    for number, pattern in enumerate(PATTERNS):
        mine = kinds[:, 0] == number
        for kind in (*DEFECTS[pattern], GOOD):
            true = mine & (kinds[:, 1] == KINDS.index(kind))
            counts = np.bincount(predicted[true], minlength=len(KINDS))
            others = {KINDS[k]: int(n) for k, n in enumerate(counts) if n and KINDS[k] != kind}
            print(f"{pattern} {kind}: {counts[KINDS.index(kind)]}/{true.sum()} {others or ''}")


def write(model, features, kinds, held_out, target):
    """Export the network with an outlier measure: the Mahalanobis distance of a view from the mean of each kind."""
    import onnx
    import tensorflow as tf
    import tf2onnx

    trained = features[~held_out]
    means = np.stack([trained[kinds[~held_out] == k].mean(0) for k in range(len(KINDS))])
    within = trained - means[kinds[~held_out]]
    whitening = np.linalg.cholesky(np.linalg.inv(np.cov(within.T) + 1e-3 * np.eye(within.shape[1]))).astype(np.float32)

    whitened = (features[held_out][:, None] - means[None]) @ whitening
    own_distance = (whitened**2).sum(-1)[np.arange(held_out.sum()), kinds[held_out]]
    limits = [float(np.quantile(own_distance[kinds[held_out] == k], 0.995)) for k in range(len(KINDS))]

    signature = [
        tf.TensorSpec((None, SIDE, SIDE, 3), tf.float32, name="views"),
        tf.TensorSpec((None, MEASURES), tf.float32, name="measures"),
    ]

    @tf.function(input_signature=signature)
    def infer(views, measures):
        embedded, logits = model([views, measures], training=False)
        distances = tf.reduce_sum(((embedded[:, None] - means[None].astype(np.float32)) @ whitening) ** 2, -1)
        return {"logits": tf.identity(logits, name="logits"), "distances": tf.identity(distances, name="distances")}

    proto, _ = tf2onnx.convert.from_function(infer, input_signature=infer.input_signature, opset=17)
    properties = {"kinds": ",".join(KINDS), "limits": ",".join(f"{limit:.2f}" for limit in limits)}
    onnx.helper.set_model_props(proto, properties)
    target.write_bytes(proto.SerializeToString())
    size = target.stat().st_size / 1024
    print(f"{target.relative_to(ROOT)}: {size:.0f} KiB; limits of the distances: {properties['limits']}")


def main():
    """Parse, then generate or train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["examples", "train"])
    parser.add_argument("--images", type=int, default=8000)
    parser.add_argument("--seed", type=int, help="default: 91 for examples, 77 for train")
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--without-topology", action="store_true")
    chosen = parser.parse_args()
    if chosen.what == "examples":
        examples(chosen.images, 91 if chosen.seed is None else chosen.seed)
    else:
        train(chosen.steps, 77 if chosen.seed is None else chosen.seed, not chosen.without_topology)


if __name__ == "__main__":
    main()

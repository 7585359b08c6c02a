"""semscan finds defects in scanning electron microscope images.

The steps, in order: `files` reads an image, `image` cleans and tiles it, `runtime` runs the
trained network over the tiles, `maps` stitches and calibrates one map, `regions` cuts out
what is hot, `report` says and shows it; `scores` measures it where the truth is known.
`model` trains the network; `synth` makes images and defects to train and test on.
`pipeline` joins them; `cli` is the terminal.

Importing this package loads nothing heavy.
"""

__version__ = "0.1.0"

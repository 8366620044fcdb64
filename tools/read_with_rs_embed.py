"""Opens exports with the reader of the Python package rs-embed, and says what it sees.

Usage: python3 tools/read_with_rs_embed.py RS_EMBED_SOURCE EXPORT...

RS_EMBED_SOURCE is a checkout of rs-embed (its folder `src`). Only its reader is loaded: torch and Earth
Engine are not needed, numpy is (and xarray for NetCDF). Exits with 2 where something is missing.
"""

import importlib.util
import pathlib
import sys
import types

if len(sys.argv) < 3:
    print(__doc__)
    sys.exit(2)
try:
    import numpy as np
except ImportError:
    print("missing: numpy (Debian: python3-numpy)")
    sys.exit(2)

root = pathlib.Path(sys.argv[1]) / "rs_embed"
if not (root / "load.py").is_file():
    print(f"missing: {root / 'load.py'}, a checkout of rs-embed is wanted")
    sys.exit(2)

# the package's own __init__ would import torch: bare packages stand in for it
for name in ("rs_embed", "rs_embed.core", "rs_embed.tools"):
    package = types.ModuleType(name)
    package.__path__ = [str(root.joinpath(*name.split(".")[1:]))]
    sys.modules[name] = package
spec = importlib.util.spec_from_file_location("rs_embed.load", root / "load.py")
reader = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = reader
spec.loader.exec_module(reader)

for path in sys.argv[2:]:
    run = reader.load_export(path)
    print(f"{path}: {run.layout}, {run.n_items} places, {run.status}")
    for name, model in run.models.items():
        shapes = [None if a is None else a.shape for a in (model.embeddings, model.inputs)]
        missing = 0
        if model.embeddings is not None:
            rows = model.embeddings.reshape(len(model.embeddings), -1)
            missing = int(np.isnan(rows).all(axis=1).sum())
        print(f"  {name}: {model.status}, embeddings {shapes[0]}, inputs {shapes[1]}, {missing} rows missing")

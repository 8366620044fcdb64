"""Looks at GeoTIFFs with rasterio (GDAL), which shares no code with the writer.

Usage: python3 tools/check_geotiff.py FILE...
"""

import sys

try:
    import numpy as np
    import rasterio
except ImportError as error:
    sys.exit(f"missing: {error.name}")

if len(sys.argv) < 2:
    sys.exit(__doc__)
for path in sys.argv[1:]:
    with rasterio.open(path) as image:
        values = image.read()
        print(path)
        print(" ", image.crs, tuple(image.transform)[:6], image.shape, image.count, image.dtypes[0])
        print("  tiled", image.profile.get("tiled"), image.profile.get("compress"), "nodata", image.nodata)
        print("  tags", {k: v for k, v in image.tags().items() if len(v) < 60})
        print("  sum", float(np.nansum(values.astype(np.float64))), "first", values.reshape(-1)[:4])

"""Makes large cloud-optimised GeoTIFFs, or reads windows of them with rasterio (GDAL).

Usage: python3 bench/cog_bench.py make FOLDER | read FOLDER X,Y,SIDE ... | dense URL COUNT
"""

import sys
import time

try:
    import numpy as np
    import rasterio
    from rasterio.transform import Affine
    from rasterio.windows import Window
except ImportError as error:
    print(f"missing: {error.name}")
    sys.exit(3)

SIDE = 10_980
CODECS = ["DEFLATE", "LZW", "ZSTD"]


def make(folder):
    random = np.random.default_rng(1)
    small = random.integers(200, 4000, (SIDE // 30, SIDE // 30))
    band = np.kron(small, np.ones((30, 30), np.int64)) + random.integers(-60, 60, (SIDE, SIDE))
    for codec in CODECS:
        profile = {
            "driver": "COG", "dtype": "uint16", "count": 1, "crs": "EPSG:32632", "height": SIDE,
            "width": SIDE, "blocksize": 512, "compress": codec, "predictor": "YES", "nodata": 0,
            "transform": Affine(10, 0, 500_000, 0, -10, 6_300_000),
        }
        with rasterio.open(f"{folder}/{codec}.tif", "w", **profile) as image:
            image.write(band.astype(np.uint16), 1)


def read(folder, windows):
    for codec in CODECS:
        for text in windows:
            x, y, side = (int(v) for v in text.split(","))
            times, total = [], 0
            for _ in range(5):
                start = time.perf_counter()
                with rasterio.open(f"{folder}/{codec}.tif") as image:
                    total = int(image.read(1, window=Window(x, y, side, side)).sum(dtype=np.int64))
                times.append(1000 * (time.perf_counter() - start))
            print(codec, text, sorted(times)[2], total)


def dense(url, count, side):
    """Windows along a diagonal band, each opened anew, as a script of many places does it."""
    start = time.perf_counter()
    with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", CPL_VSIL_CURL_ALLOWED_EXTENSIONS=".tif"):
        total = 0
        for i in range(count):
            with rasterio.open(f"/vsicurl/{url}") as image:
                x, y = 64 * (i % 20), 64 * (i // 20)
                total += int(image.read(1, window=Window(2000 + x, 3000 + y, side, side)).sum(dtype=np.int64))
    print("dense", f"{count}", 1000 * (time.perf_counter() - start), total)


if sys.argv[1] == "make":
    make(sys.argv[2])
elif sys.argv[1] == "read":
    read(sys.argv[2], sys.argv[3:])
elif sys.argv[1] == "dense":
    dense(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))

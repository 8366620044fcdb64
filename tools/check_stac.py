"""Made-up archives of Sentinel-2 scenes, and what composites of them must be, by GDAL, PROJ and numpy alone.

Usage: python3 tools/check_stac.py FOLDER [GEOTIFF | --fixture]

Writes cloud-optimised GeoTIFFs, scenes.json and requests.json with one .npy for each request into FOLDER:
from a GeoTIFF of twelve Sentinel-2 bands, or without one from a formula. --fixture makes small ones, as
the tests of packages/providers/stac have them.
"""

import json
import os
import sys

try:
    import numpy as np
    import rasterio
    from rasterio.transform import Affine
    from rasterio.warp import Resampling, reproject, transform as project
except ImportError as error:
    print(f"missing: {error.name}")
    sys.exit(3)

BANDS = {"B02": (1, 1), "B04": (3, 1), "B05": (4, 2), "B01": (0, 6)}
NUMBERS = {"B02": 2, "B04": 4, "B05": 5, "B01": 1}
IS_FIXTURE = sys.argv[2:] == ["--fixture"]
# not every runtime that the tests run in has ZSTD
CODECS = {
    "B02": "DEFLATE", "B04": "LZW", "B05": "LZW" if IS_FIXTURE else "ZSTD", "B01": "DEFLATE", "SCL": "DEFLATE",
}
CLOUDY = [0, 1, 3, 8, 9, 10]
SIDE = 96 if IS_FIXTURE else 222


def source_of(path):
    """(bands by name, crs, transform): pixels of 10 m."""
    if path is None:
        rows, columns = np.mgrid[0:SIDE, 0:SIDE]
        bands = {
            name: (1100 + 100 * number + (columns * 7 + rows * 13) % 613).astype(np.uint16) - 1000
            for name, number in NUMBERS.items()
        }
        return bands, "EPSG:32632", Affine(10, 0, 550_000, 0, -10, 6_346_000)
    with rasterio.open(path) as image:
        pixels = image.read()[:, :SIDE, :SIDE].clip(1, 10_000).astype(np.uint16)
        bands = {name: pixels[index] for name, (index, _) in BANDS.items()}
        return bands, image.crs.to_string(), image.transform


def scenes_of(bands, crs, transform):
    """Dates, clouds, two tiles, two zones, baselines before and after 04.00."""
    random = np.random.default_rng(7)
    plans = [
        ("2022-06-03", "03.01", "32VNJ", (0, SIDE), None, 0),
        ("2022-06-08", "05.09", "32VNJ", (0, SIDE * 2 // 3), (20, 30, 90, 80), 60),
        ("2022-06-08", "05.09", "32VPJ", (SIDE * 3 // 7, SIDE), (120, 60, 200, 150), 60),
        ("2022-06-13", "04.00", "32VNJ", (0, SIDE), (0, 0, 222, 40), 110),
        ("2022-06-18", "03.01", "33VUD", None, None, 25),
        ("2022-06-23", "05.10", "32VNJ", (0, SIDE), (60, 100, 160, 180), 190),
    ]
    scenes = []
    for date, baseline, mgrs, columns, cloud, plus in plans:
        scl = np.full((SIDE // 2, SIDE // 2), 4, np.uint8)
        layers = {name: band.astype(np.int32) + plus for name, band in bands.items()}
        for band in layers.values():
            band += random.integers(-30, 30, band.shape)
        if cloud:
            c0, r0, c1, r1 = cloud
            scl[r0 // 2 : r1 // 2, c0 // 2 : c1 // 2] = 9
            for band in layers.values():
                band[r0:r1, c0:c1] += 5000
        # a wedge without imagery, as at the edge of a swath
        rows, cols = np.mgrid[0:SIDE, 0:SIDE]
        wedge = cols + rows // 3 > SIDE + 40 - plus
        offset = 1000 if float(baseline) >= 4 else 0
        made = {}
        for name, band in layers.items():
            band = np.maximum(band, 1) + offset
            band[wedge] = 0
            factor = BANDS[name][1]
            made[name] = (band[factor // 2 :: factor, factor // 2 :: factor].astype(np.uint16), factor)
        made["SCL"] = (scl, 2)
        scene_crs, origin = crs, transform
        if columns is None:
            scene_crs, origin, made = other_zone(made, crs, transform)
        elif columns != (0, SIDE):
            first, last = (edge // 6 * 6 for edge in columns)
            origin = transform * Affine.translation(first, 0)
            made = {name: (a[:, first // f : last // f], f) for name, (a, f) in made.items()}
        scenes.append({
            "id": f"S2_{mgrs}_{date}",
            "datetime": f"{date}T10:30:00Z",
            "baseline": baseline,
            "mgrs": mgrs,
            "offset": offset,
            "crs": scene_crs,
            "transform": origin,
            "bands": made,
        })
    return scenes


def other_zone(made, crs, transform):
    """The same scene in the next zone."""
    zone = int(crs[-2:])
    other = f"{crs[:-2]}{zone + 1 if zone < 60 else 1:02d}"
    xs, ys = project(crs, other, [transform.c], [transform.f])
    origin = Affine(10, 0, round(xs[0] / 60) * 60 - 600, 0, -10, round(ys[0] / 60) * 60 + 600)
    side = SIDE + 144
    out = {}
    for name, (band, factor) in made.items():
        target = np.zeros((side // factor, side // factor), band.dtype)
        reproject(
            band, target, src_crs=crs, dst_crs=other, src_nodata=0, dst_nodata=0,
            src_transform=transform * Affine.scale(factor), resampling=Resampling.nearest,
            dst_transform=origin * Affine.scale(factor), tolerance=0,
        )
        out[name] = (target, factor)
    return other, origin, out


def write(folder, scenes):
    listed = []
    for scene in scenes:
        os.makedirs(f"{folder}/{scene['id']}", exist_ok=True)
        for name, (band, factor) in scene["bands"].items():
            profile = {
                "driver": "COG", "dtype": band.dtype, "count": 1, "crs": scene["crs"],
                "height": band.shape[0], "width": band.shape[1], "blocksize": 128,
                "transform": scene["transform"] * Affine.scale(factor),
                "compress": CODECS[name], "predictor": "YES", "overview_resampling": "nearest",
            }
            with rasterio.open(f"{folder}/{scene['id']}/{name}.tif", "w", **profile) as image:
                image.write(band, 1)
        xs, ys = corners(scene)
        lons, lats = project(scene["crs"], "EPSG:4326", xs, ys)
        listed.append({
            "id": scene["id"], "datetime": scene["datetime"], "baseline": scene["baseline"],
            "mgrs": scene["mgrs"], "bbox": [min(lons), min(lats), max(lons), max(lats)],
            "assets": sorted(scene["bands"]),
        })
    with open(f"{folder}/scenes.json", "w") as file:
        json.dump(listed, file)


def corners(scene):
    height, width = scene["bands"]["B02"][0].shape
    points = [scene["transform"] * (x, y) for x in (0, width) for y in (0, height)]
    return [x for x, _ in points], [y for _, y in points]


def grid_of(request):
    """(crs, transform, width, height) of a place."""
    scale, buffer = request["scale"], request["buffer"]
    side = round(2 * buffer / scale)
    lon, lat = request["lon"], request["lat"]
    if request["projection"] == "webmercator":
        (x,), (y,) = project("EPSG:4326", "EPSG:3857", [lon], [lat])
        left, top = np.floor((x - buffer) / scale) * scale, np.ceil((y + buffer) / scale) * scale
        return "EPSG:3857", Affine(scale, 0, left, 0, -scale, top), side, side
    crs = f"EPSG:32{6 if lat >= 0 else 7}{int((lon + 180) // 6) + 1:02d}"
    (x,), (y,) = project("EPSG:4326", crs, [lon], [lat])
    half = side * scale / 2
    left, top = np.floor((x - half) / scale + 0.5) * scale, np.floor((y + half) / scale + 0.5) * scale
    return crs, Affine(scale, 0, left, 0, -scale, top), side, side


def positions(scene, factor, grid):
    """Column and row of the centres of a grid's pixels in a scene, by PROJ; no approximation."""
    crs, transform, width, height = grid
    columns, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    xs, ys = transform * (columns.ravel(), rows.ravel())
    if crs != scene["crs"]:
        xs, ys = (np.array(v) for v in project(crs, scene["crs"], xs, ys))
    return ~(scene["transform"] * Affine.scale(factor)) * (xs, ys)


def on_grid(band, scene, factor, grid, how):
    """Nearest, or bilinear over the pixels that are there; NaN where the pixel underneath is not."""
    columns, rows = positions(scene, factor, grid)
    shape = grid[3], grid[2]
    height, width = band.shape
    # coordinates carry dust: a centre that lies on an edge belongs to the pixel after it
    inner = np.floor(columns + 1e-9).astype(int), np.floor(rows + 1e-9).astype(int)
    inside = (inner[0] >= 0) & (inner[0] < width) & (inner[1] >= 0) & (inner[1] < height)
    at = np.clip(inner[1], 0, height - 1), np.clip(inner[0], 0, width - 1)
    nearest = np.where(inside, band[at], np.nan)
    if how == "nearest":
        return nearest.reshape(shape)
    left, top = np.floor(columns - 0.5).astype(int), np.floor(rows - 0.5).astype(int)
    u, v = columns - 0.5 - left, rows - 0.5 - top
    total, weights = np.zeros(columns.size), np.zeros(columns.size)
    for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
        x, y = np.clip(left + dx, 0, width - 1), np.clip(top + dy, 0, height - 1)
        weight = (u if dx else 1 - u) * (v if dy else 1 - v)
        value = band[y, x]
        there = ~np.isnan(value)
        total += np.where(there, weight * np.nan_to_num(value), 0)
        weights += np.where(there, weight, 0)
    with np.errstate(all="ignore"):
        smooth = total / weights
    return np.where(np.isnan(nearest), np.nan, smooth).reshape(shape)


def expected(scenes, request):
    grid = grid_of(request)
    out = []
    for name in request["bands"]:
        stack = []
        for scene in sorted(scenes, key=lambda scene: (scene["datetime"], scene["id"])):
            dn, factor = scene["bands"][name]
            band = np.where(dn == 0, np.nan, np.maximum(dn.astype(np.float64) - scene["offset"], 0))
            nearest = on_grid(band, scene, factor, grid, "nearest")
            layer = nearest
            if request["projection"] == "utm":
                layer = on_grid(band, scene, factor, grid, "bilinear")
            if request["mask"]:
                scl, f = scene["bands"]["SCL"]
                classes = on_grid(scl.astype(np.float64), scene, f, grid, "nearest")
                layer[np.isnan(classes) | np.isin(classes, CLOUDY)] = np.nan
            stack.append(layer)
        stack = np.stack(stack)
        if request["composite"] == "median":
            with np.errstate(all="ignore"):
                out.append(np.nanmedian(stack, axis=0))
        else:
            top = np.full(stack.shape[1:], np.nan)
            for layer in stack:
                top = np.where(np.isnan(layer), top, layer)
            out.append(top)
    out = np.stack(out)
    out[:, np.isnan(out).any(axis=0)] = np.nan
    return out, grid


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = sys.argv[1]
    bands, crs, transform = source_of(None if IS_FIXTURE or len(sys.argv) < 3 else sys.argv[2])
    scenes = scenes_of(bands, crs, transform)
    os.makedirs(folder, exist_ok=True)
    write(folder, scenes)
    (lon,), (lat,) = project(crs, "EPSG:4326", *[[v] for v in transform * (SIDE / 2 + 3.3, SIDE / 2 - 1.7)])
    requests = []
    for projection in ("utm", "webmercator"):
        for composite in ("median", "mosaic"):
            for mask in (False, True):
                request = {
                    "lon": lon, "lat": lat, "buffer": 200 if IS_FIXTURE else 800, "scale": 10, "projection": projection,
                    "composite": composite, "mask": mask, "bands": list(BANDS),
                }
                pixels, grid = expected(scenes, request)
                request["crs"], request["transform"] = grid[0], list(grid[1])[:6]
                request["file"] = f"expected_{len(requests)}.npy"
                np.save(f"{folder}/{request['file']}", pixels.astype("<f4" if IS_FIXTURE else "<f8"))
                requests.append(request)
    with open(f"{folder}/requests.json", "w") as file:
        json.dump(requests, file)


main()

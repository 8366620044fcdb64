"""Writes the fixtures of this folder with torch itself: /usr/bin/python3 make_fixtures.py

expected.json holds what torch reads back, as float32. Needs torch >= 1.13 and numpy.
"""

import argparse
import collections
import json
import os
import struct
import warnings
import zipfile

import numpy as np
import torch

warnings.filterwarnings("ignore")
os.chdir(os.path.dirname(os.path.abspath(__file__)))
expected = {}


def numbers(values):
    special = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN", "-0.0": "-0"}
    return [special.get(str(v), v) for v in values]


def expect(file, tensors):
    expected[file] = {
        name: {
            "shape": list(tensor.shape),
            "dtype": str(tensor.dtype).replace("torch.", ""),
            "values": numbers(tensor.detach().to(torch.float32).reshape(-1).tolist()),
        }
        for name, tensor in tensors.items()
    }


base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 8
tagged = torch.nn.Parameter(torch.tensor([1.5, -2.5]))
tagged.note = "kept beside the values"
kinds = collections.OrderedDict(
    float32=base.clone(),
    float64=torch.tensor([[1.1, -2.2], [1e300, -0.0]], dtype=torch.float64),
    float16=torch.tensor([1.5, -0.0, 6.1e-5, 6e-8, 65504, float("inf"), float("-inf"), float("nan"), 0.1]).half(),
    bfloat16=torch.tensor([1.5, -0.0, 1e-40, 3.38e38, float("inf"), float("nan"), 0.1]).bfloat16(),
    int64=torch.tensor([0, -1, 2**24, 2**53, -(2**62)]),
    int32=torch.tensor([2**31 - 1, -(2**31)], dtype=torch.int32),
    int16=torch.tensor([-32768, 32767], dtype=torch.int16),
    int8=torch.tensor([-128, 127], dtype=torch.int8),
    uint8=torch.tensor([0, 255], dtype=torch.uint8),
    bool=torch.tensor([True, False]),
    scalar=torch.tensor(3.25),
    empty=torch.zeros(0, 3),
    transposed=base.clone().t(),
    window=base.clone()[1:3, 2:5],
    every_second=base.clone()[::2, ::3],
    expanded=torch.tensor([[1.0], [2.0]]).expand(2, 3),
    permuted=torch.arange(24, dtype=torch.int16).reshape(2, 3, 4).permute(2, 0, 1),
    parameter=torch.nn.Parameter(torch.tensor([0.5])),
    tagged=tagged,
)
kinds["shared_row"] = kinds["float32"][1]
kinds["shared_column"] = kinds["float32"][:, 2]
torch.save(kinds, "kinds.pt")
expect("kinds.pt", kinds)

few = {name: kinds[name] for name in ("float32", "bfloat16", "transposed", "parameter", "shared_row")}
for protocol in (1, 3, 4, 5):
    file = f"protocol{protocol}.pt"
    torch.save(
        {"state_dict": few, "epoch": 2**40, "best": True, "loss": 0.125, "note": None, "tags": {"a"}},
        file,
        pickle_protocol=protocol,
    )
    expect(file, few)

with zipfile.ZipFile("kinds.pt") as plain, zipfile.ZipFile("deflated.pt", "w", zipfile.ZIP_DEFLATED) as packed:
    for name in plain.namelist():
        packed.writestr(name, plain.read(name))
expect("deflated.pt", kinds)

weights = collections.OrderedDict([("model.encoder.weight", base.clone()), ("model.encoder.bias", torch.ones(4))])
weights._metadata = collections.OrderedDict([("", {"version": 1})])
torch.save(
    {
        "epoch": 3,
        "pytorch-lightning_version": "2.1.4",
        "state_dict": weights,
        "callbacks": {"ModelCheckpoint{'monitor': 'val/loss'}": {"best_model_score": torch.tensor(0.5)}},
        "hyper_parameters": {"lr": 1e-4, "sizes": (8, 16), "name": "small"},
    },
    "lightning.ckpt",
)
expect("lightning.ckpt", weights)

half = collections.OrderedDict([("encoder.weight", base.bfloat16()), ("encoder.index", torch.tensor([[0, 1], [1, 0]]))])
torch.save(
    {
        "module": half,
        "param_shapes": [collections.OrderedDict([("encoder.weight", base.shape)])],
        "sparse_tensor_module_names": set(),
        "optimizer": None,
        "ds_version": "0.9.5",
    },
    "deepspeed.pt",
)
expect("deepspeed.pt", half)


class Config:
    def __init__(self):
        self.depth = 2


torch.save(
    {
        "satellite_state_dict": {"module.fc.weight": base.clone()},
        "head_state_dict": {"fc.bias": torch.zeros(2)},
        "opt": argparse.Namespace(lr=0.1, model="vit", config=Config()),
        "loss": np.float64(0.25),
        "step": np.int64(7),
        "device": torch.device("cuda:0"),
        "dtype": torch.float16,
    },
    "training.pth",
)
expect("training.pth", {"satellite_state_dict.module.fc.weight": base, "head_state_dict.fc.bias": torch.zeros(2)})

good = torch.ones(2)
torch.save(
    {
        "good": good,
        "complex": torch.ones(2, dtype=torch.complex64),
        "sparse": torch.eye(2).to_sparse(),
        "quantized": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
    },
    "odd_tensors.pt",
)
expect("odd_tensors.pt", {"good": good})


class Payload:
    def __reduce__(self):
        return os.system, ("touch pickle_was_executed",)


torch.save({"weight": good, "payload": Payload()}, "malicious.pt")
expect("malicious.pt", {"weight": good})
torch.save(Payload(), "malicious_top.pt")

torch.save(torch.nn.Linear(2, 2), "module.pt")
torch.save({"weight": good}, "legacy.pt", _use_new_zipfile_serialization=False)
torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), "scripted.pt")

# safetensors, by its published format, without its library
names = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64", "int32": "I32",
         "int16": "I16", "int8": "I8", "uint8": "U8", "bool": "BOOL"}
header = {"__metadata__": {"format": "pt", "tied.weight": "float32"}}
body = b""
stored = {}
for name in [*names, "scalar", "empty"]:
    tensor = kinds[name].contiguous()
    raw = (tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor).numpy().tobytes()
    header[name] = {
        "dtype": names[str(tensor.dtype).replace("torch.", "")],
        "shape": list(tensor.shape),
        "data_offsets": [len(body), len(body) + len(raw)],
    }
    body += raw
    stored[name] = tensor
head = json.dumps(header).encode()
head += b" " * (-len(head) % 8)
with open("kinds.safetensors", "wb") as out:
    out.write(struct.pack("<Q", len(head)) + head + body)
expect("kinds.safetensors", {**stored, "tied.weight": kinds["float32"]})

with open("expected.json", "w") as out:
    json.dump(expected, out, indent=1)

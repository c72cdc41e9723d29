"""Run by conftest.py in .venv/infra: what SAM makes of the template, of variants of it that stdin lists."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

TEMPLATE = Path(__file__).parents[2] / "infra" / "template.yaml"
CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


class Managed:
    """The policies that AWS manages: none is asked for."""

    load = dict


def transformed(parameters, code):
    """The resources, with every parameter as given and some function's or layer's code elsewhere."""
    template = yaml_parse(TEMPLATE.read_text())
    for name, each in template["Resources"].items():
        if each["Type"] in CODE:
            is_image = each["Properties"].get("PackageType") == "Image"
            where = code.get(name, "code")
            key = "ImageUri" if is_image else CODE[each["Type"]]
            each["Properties"][key] = f"1.dkr.test/image:{where}" if is_image else f"s3://bucket/{where}"
    return transform(template, parameters, Managed())["Resources"]


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    json.dump([transformed(**variant) for variant in json.load(sys.stdin)], sys.stdout)

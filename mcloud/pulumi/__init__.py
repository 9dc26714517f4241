"""Resource classes for Pulumi programs in Python: snake_case names, types for editors and mypy, checked inputs.

::

    from mcloud.pulumi import Image, Server, Size

    web = Server(
        "web",
        placement="cloud/region",
        size=Size(vcpu=2, memory="4 GiB"),
        image=Image(os="ubuntu", version="22.04"),
        subnet=front,
    )
    pulumi.export("address", web.private_ip)

Where another resource's id is wanted the resource itself will do. The classes are made of ``schema.json``, which is the
provider's own; ``__init__.pyi`` beside this file, made of the model, tells type checkers and editors what they take.
Nothing else of mcloud is loaded.
"""

from __future__ import annotations

from mcloud.pulumi.classes import resource_classes, value_classes

_CLASSES = {item.__name__: item for item in (*value_classes(), *resource_classes())}
globals().update(_CLASSES)
__all__ = sorted(_CLASSES)

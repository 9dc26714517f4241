"""From a stack file to a stack, with the place of every value for messages."""

from mcloud.load.files import read_text_reference
from mcloud.load.loader import Loaded, load_stack

__all__ = ["Loaded", "load_stack", "read_text_reference"]

"""Model providers' HTTP APIs on loopback, with their prompt caches, limits, faults and bills."""

from inkwell_pipeline_tests.fakes.providers.asked import Answer, Asked
from inkwell_pipeline_tests.fakes.providers.bill import Rates, Usage, tokens
from inkwell_pipeline_tests.fakes.providers.faults import Drop, Fault, Garbage, Stall, Status, Trouble
from inkwell_pipeline_tests.fakes.providers.memory import Memory, Request
from inkwell_pipeline_tests.fakes.providers.process import ProviderProcess, provider_process
from inkwell_pipeline_tests.fakes.providers.provider import ModelProvider

__all__ = [
    "Answer",
    "Asked",
    "Drop",
    "Fault",
    "Garbage",
    "Memory",
    "ModelProvider",
    "ProviderProcess",
    "Rates",
    "Request",
    "Stall",
    "Status",
    "Trouble",
    "Usage",
    "provider_process",
    "tokens",
]

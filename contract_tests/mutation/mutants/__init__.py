"""Faulty servers, one fault each: what the conformance kit has to find. A module for each class of faults, and
more where a class has many.

A mutant changes the second reference server by an attribute, a replaced method, or a wrapper around its handle.
`facts` names the facts one of which has to be reported: to find a fault for another reason does not count.
"""

from importlib import import_module

from .builders import CLASSES, MUTANTS, Mutant, Prepare

for _module in (*CLASSES, "values", "names", "refused", "caches", "visibility", "rare"):
    import_module(f"{__name__}.{_module}")

__all__ = ["CLASSES", "MUTANTS", "Mutant", "Prepare"]

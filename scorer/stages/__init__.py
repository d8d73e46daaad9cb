"""The families of stages, one file each. Importing this package registers them all; the list is explicit."""

from scorer.stages import assemble, bucket, compose, encode, impute, index, linear, scale, tree

FAMILIES = (assemble, bucket, compose, encode, impute, index, linear, scale, tree)

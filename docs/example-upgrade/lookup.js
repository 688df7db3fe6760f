window.LOOKUP = {"dtypes":[],"layouts":[],"anchors":{},"answers":[],"rows":[],"clauses":[],"calls":[]};

"""What a tensor of TensorFlow's can be beside its numbers, spelt once: subjects run these lines, and scripts print them."""

from __future__ import annotations

from types import MappingProxyType

from ...subject.setting import Context, Setting, entered

#: State to the lines that bring the tensor `t` into it.
STATES = MappingProxyType(
    {
        "plain": "",
        "variable": "t = tf.Variable(t)",
        # A buffer that a kernel allocated and filled; few other kernels keep every bit of every dtype.
        "operation": "t = tf.raw_ops.DeepCopy(x=t)",
        # The second half of a longer buffer if it starts at a multiple of 64, else a buffer of its own. Flat, for
        # TensorFlow 2.21 slices tensors of rank above 32 wrongly.
        "slice": "flat = tf.reshape(t, [-1])\nt = tf.reshape(tf.concat([flat, flat], 0)[flat.shape[0] :], t.shape)",
        # Another name for the same buffer: an alias must not change the original.
        "forwarded": "t = tf.reshape(t, t.shape)",
    }
)

#: What every element of a tensor of strings holds: their memory is nobody's to read or to change.
TEXT = b"text\0"

#: Settings of the process that are none of a conversion's business.
SETTINGS = MappingProxyType(
    {
        "floatx float64": Setting("tf.keras.backend.set_floatx('float64')", "tf.keras.backend.set_floatx('float32')"),
        "floatx float16": Setting("tf.keras.backend.set_floatx('float16')", "tf.keras.backend.set_floatx('float32')"),
        "gradient tape": entered("tf.GradientTape()"),
        "device cpu": entered("tf.device('/CPU:0')"),
        "policy mixed_bfloat16": Setting(
            "tf.keras.mixed_precision.set_global_policy('mixed_bfloat16')",
            "tf.keras.mixed_precision.set_global_policy('float32')",
        ),
        "functions run eagerly": Setting("tf.config.run_functions_eagerly(True)", "tf.config.run_functions_eagerly(False)"),
    }
)

#: Code in which a conversion answers as outside. It gives tensors, whatever is made in it.
CONTEXTS = MappingProxyType(
    {
        # The reshape fails unless the graph knows the whole shape.
        "tf.function": Context(
            "tf.function(lambda: (lambda made: tf.reshape(made, made.shape) if isinstance(made, tf.Tensor) else made)"
            "(convert(source)), autograph=False)()",
            "in",
        ),
        "tf.data.Dataset.map": Context(
            "tf.data.Dataset.range(1)"
            ".map(tf.autograph.experimental.do_not_convert(lambda _: convert(source))).get_single_element()",
            "in",
        ),
    }
)

"""Faults in some numbers, or in some places: what the bulk of an array does not show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from meta_tests.faults import Deed, Good, table
from meta_tests.faults.contents import _bits, _floats, _spoil, altered, minus_zero_loses_its_sign
from meta_tests.faults.occasions import Occasion, array, f_order, of, shape

Change = Callable[[np.ndarray], None]

# -- numbers between the extremes ---------------------------------------------------------------------------------------


def _rounded(a: np.ndarray, name: str, where: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        a[...] = np.where(where, a.astype(name).astype(a.dtype), a)


def _near_a_power_of_two(a: np.ndarray) -> np.ndarray:
    size = np.abs(a.astype(object))
    return np.array([n < 4 or min(n - (1 << n.bit_length() - 1), (1 << n.bit_length()) - n) <= 1 for n in size.ravel()]).reshape(
        a.shape
    )


@altered
def large_integers_between_powers_of_two_pass_through_float64(a: np.ndarray) -> None:
    _rounded(a, "float64", ~_near_a_power_of_two(a).astype(bool))


@altered
def negative_integers_pass_through_float32(a: np.ndarray) -> None:
    _rounded(a, "float32", (a < 0) & (a != np.iinfo(a.dtype).min))


@altered
def integers_beyond_a_float_pass_through_it(a: np.ndarray) -> None:
    most = 1 << 24
    _rounded(a, "float32", (a > most) & (a < 1 << 30))


@altered
def half_of_the_largest_is_the_limit(a: np.ndarray) -> None:
    most = np.iinfo(a.dtype).max
    a[...] = np.where((a > most // 2) & (a < most - 1), most // 2, a)


@altered
def letters_outside_of_latin_are_lost(a: np.ndarray) -> None:
    letters = a.reshape(-1).view("<u4" if a.dtype.isnative else ">u4")
    letters[letters > 0xFF] = ord("?")


@altered
def small_letters_become_capital(a: np.ndarray) -> None:
    letters = a.reshape(-1).view("u1")
    letters[(letters >= ord("a")) & (letters <= ord("z"))] ^= 0x20


@altered
def the_smallest_subnormal_is_lost(a: np.ndarray) -> None:
    floats = _floats(a)
    if floats.size:
        floats[abs(floats) == np.finfo(floats.dtype).smallest_subnormal] = 0


@altered
def minus_zero_in_imaginary_parts_loses_its_sign(a: np.ndarray) -> None:
    a.imag[a.imag == 0] = 0


@altered
def a_nan_beside_an_infinity_is_lost(a: np.ndarray) -> None:
    a[np.isnan(a.real) & np.isinf(a.imag)] = np.inf


def truncated(name: str) -> Deed:
    """Casts that cut where they have to round to nearest."""

    def change(a: np.ndarray) -> None:
        import ml_dtypes

        narrow = np.dtype(getattr(ml_dtypes, name, name))
        with np.errstate(all="ignore"):
            nearest = a.astype(narrow)
            lower = np.nextafter(nearest, np.zeros((), narrow)).astype(a.dtype)
            cut = np.isfinite(a) & (np.abs(nearest.astype(a.dtype)) > np.abs(a))
        a[...] = np.where(cut, lower, a)

    change.__name__ = f"values are cut to {name}"
    return altered(change)


def overflowing(name: str) -> Deed:
    """Casts in which what is too large becomes the largest number, where it is infinite."""

    def change(a: np.ndarray) -> None:
        import ml_dtypes

        most = float(ml_dtypes.finfo(np.dtype(getattr(ml_dtypes, name, name))).max)
        with np.errstate(all="ignore"):
            a[...] = np.where(np.isfinite(a), np.clip(a, -most, most), a)

    change.__name__ = f"what {name} cannot hold becomes its largest number"
    return altered(change)


# -- places -------------------------------------------------------------------------------------------------------------


def only(where: Callable[[np.ndarray], Any], what: str, change: Callable[..., Any]) -> Deed:
    """The change of a deed in some elements alone: the index of a flat array says which."""
    inner: Change = change.__wrapped__  # type: ignore[attr-defined]

    def part(a: np.ndarray) -> None:
        flat = a.reshape(-1)
        index = where(a)
        some = flat[index].copy()
        inner(some)
        flat[index] = some

    part.__name__ = f"{change.__name__} {what}"
    return altered(part)


def last_partial_block(a: np.ndarray) -> Any:
    return slice(a.size // 16 * 16, None)


def second_row(a: np.ndarray) -> Any:
    return slice(a.shape[-1] if a.ndim > 1 else a.size, None)


def second_and_later(a: np.ndarray) -> Any:
    return slice(1, None)


def the_middle(a: np.ndarray) -> Any:
    return slice(1, -1)


def beyond(first: int) -> Callable[[np.ndarray], Any]:
    return lambda a: slice(first, None)


@altered
def any_change(a: np.ndarray) -> None:
    _spoil(a)


any_change.__name__ = "elements are wrong"


@altered
def a_nan_is_cleaned(a: np.ndarray) -> None:
    floats = _floats(a)
    floats[floats != floats] = np.nan


@altered
def the_lowest_bit_is_lost(a: np.ndarray) -> None:
    _bits(a)[:] &= np.iinfo(f"u{a.itemsize}").max - 1


several_rows = Occasion("of several rows", lambda x: len(shape(x)) > 1 and shape(x)[0] > 1)
wide = Occasion("both axes are longer than a block", lambda x: len(shape(x)) == 2 and min(shape(x)) > 8)


def a_transposing_copy_loses_its_second_block(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    good(x)
    copied = np.array(x, order="C")
    _spoil(copied[8:9, :1])
    return good(copied)


FAULTS = (
    *table(
        "values",
        {
            "torch.tensor": [
                (large_integers_between_powers_of_two_pass_through_float64, array & of("int64")),
                (large_integers_between_powers_of_two_pass_through_float64, array & of("uint64")),
                (negative_integers_pass_through_float32, array & of("int32")),
                (half_of_the_largest_is_the_limit, array & of("uint8")),
                (only(last_partial_block, "in the last partial block", minus_zero_loses_its_sign), array & of("float32")),
                (only(the_middle, "between first and last", minus_zero_loses_its_sign), array & of("float16")),
                (minus_zero_in_imaginary_parts_loses_its_sign, array & of("complex128")),
                (a_nan_beside_an_infinity_is_lost, array & of("complex64")),
                (only(beyond(32768), "beyond element 32,768", any_change), array),
            ],
            "torch.asarray[copy=True]": [
                (only(second_row, "in the second row and later", minus_zero_loses_its_sign), array & of("float64")),
                (only(beyond(65536), "beyond element 65,536", any_change), array),
                (only(last_partial_block, "in the last partial block", a_nan_is_cleaned), array & of("float64")),
            ],
            "torch.tensor[dtype=float16]": [
                (truncated("float16"), array & of("float32")),
                (overflowing("float16"), array & of("float64")),
            ],
            "torch.asarray[dtype=bfloat16]": [(truncated("bfloat16"), array & of("float32"))],
            "tf.constant": [
                (large_integers_between_powers_of_two_pass_through_float64, array & of("int64")),
                (letters_outside_of_latin_are_lost, array & of("str32", "str128")),
                (the_smallest_subnormal_is_lost, array & of("float16")),
                (only(second_row, "in the second row and later", minus_zero_loses_its_sign), array & of("float32")),
            ],
            "tf.convert_to_tensor": [
                (integers_beyond_a_float_pass_through_it, array & of("int32")),
                (only(the_middle, "between first and last", a_nan_is_cleaned), array & of("float64")),
                (small_letters_become_capital, array & of("bytes8", "bytes40")),
            ],
            "tf.constant[dtype=bfloat16]": [(truncated("bfloat16"), array & of("float32"))],
            "tf.cast": [(integers_beyond_a_float_pass_through_it, array & of("int64"))],
            "tf.data.Dataset.from_tensors": [
                (only(second_and_later, "in all but the first", minus_zero_loses_its_sign), array & of("float32")),
                (large_integers_between_powers_of_two_pass_through_float64, array & of("int64")),
            ],
            "tf.numpy_function[output]": [
                (only(second_and_later, "in all but the first", a_nan_is_cleaned), array & of("float32"))
            ],
            "np.array(torch.Tensor)": [
                (large_integers_between_powers_of_two_pass_through_float64, of("int64")),
                (only(beyond(32768), "beyond element 32,768", any_change), of("float32")),
                (only(second_row, "in the second row and later", the_lowest_bit_is_lost), several_rows),
            ],
            "np.array(tf.Tensor)": [
                (only(last_partial_block, "in the last partial block", minus_zero_loses_its_sign), of("float64")),
                (negative_integers_pass_through_float32, of("int32")),
            ],
            "torch.from_dlpack[copy=True]": [(a_transposing_copy_loses_its_second_block, array & f_order & wide)],
        },
    ),
)

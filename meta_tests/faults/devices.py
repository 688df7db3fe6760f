"""Faults of calls that name devices, on the simulated accelerator."""

from __future__ import annotations

from typing import Any

from meta_tests.faults import Fault, Good, table
from meta_tests.faults.contents import last_element_is_wrong
from meta_tests.faults.occasions import address, c_order, large, of, swapped

# -- where it is -------------------------------------------------------------------------------------------------------


def it_lands_on_the_next_device(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return good(x).detach().to("sim:1")


def it_stays_on_the_host(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return good(x).cpu()


def it_lies_in_the_memory_of_the_next_device(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    """A tensor that says to be here, over memory that is there."""
    there = good(x).detach().to("sim:1")
    kept["memory"] = there
    return _over(there.data_ptr(), there)


def it_lies_in_the_memory_of_the_host(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return _over(address(x), good(x))


def _over(where: int, like: Any) -> Any:
    """A tensor like this one on the first device, over any address."""
    import torch

    from meta_tests.accelerator import over

    storage = over(where, max(like.untyped_storage().nbytes(), 1), 0).untyped_storage()
    return torch.empty(0, dtype=like.dtype, device="sim").set_(storage, 0, like.size(), like.stride())


# -- what it holds -----------------------------------------------------------------------------------------------------


def it_is_narrowed_on_the_device(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import torch

    return good(x).to(torch.float32)


def it_is_narrowed_on_the_way(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import torch

    return good(x).to(torch.float32).to(torch.float64)


def its_byte_order_is_lost(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    """Swapped elements are taken for native ones, instead of being refused."""
    return good(x.view(x.dtype.newbyteorder("=")))


def its_bytes_are_swapped_on_the_device(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import torch

    result = good(x)
    return torch.from_numpy(result.cpu().numpy().byteswap()).to(result.device)


# -- when it is there --------------------------------------------------------------------------------------------------


def it_is_copied_when_the_device_comes_to_it(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    """What blocks does not: the copy is queued, and reads the host's memory when it is done."""
    import torch

    from meta_tests.accelerator import _on_host, default_stream

    result = good(x)
    default_stream.give(lambda: _on_host(result).copy_(torch.from_numpy(x)))
    return result


def nobody_waits_for_the_copy(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    """It was waited for, and is made afterwards nevertheless."""
    from meta_tests.accelerator import Stream

    result = good(x)
    late = result.clone()
    Stream().give(lambda: result.copy_(late))
    return result.zero_()


def the_reader_does_not_wait(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    from meta_tests.accelerator import Stream

    usual = Stream.wait_stream
    Stream.wait_stream = lambda self, other: None  # type: ignore[method-assign]
    try:
        return good(x)
    finally:
        Stream.wait_stream = usual  # type: ignore[method-assign]


def the_same_memory_is_handed_out_again(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    result = good(x)
    mine = kept.setdefault((result.dtype, result.shape, result.stride()), result)
    return mine.copy_(result)


# -- how it ends -------------------------------------------------------------------------------------------------------


def the_refusal_does_not_name_the_device(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    try:
        return good(x)
    except TypeError:
        raise TypeError("can't convert the tensor to numpy") from None


def the_next_device_is_named(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    try:
        return good(x)
    except TypeError as error:
        raise TypeError(str(error).replace("sim:0", "sim:1")) from None


def a_stream_that_cannot_be_is_taken(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    import torch

    return torch.from_dlpack(x.detach())


def it_does_not_keep_its_memory_alive(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    result = good(x)
    return _over(result.data_ptr(), result)


def it_is_given_to_numpy_in_silence(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    return x.numpy(force=True)


def memory_of_the_device_stays_behind(good: Good, x: Any, kept: dict[Any, Any]) -> Any:
    from meta_tests.accelerator import arena

    arena(0).allocate(64)
    return good(x)


#: What takes the simulated accelerator apart: no other device lets itself be seeded so.
SIMULATED = (
    it_lands_on_the_next_device,
    it_lies_in_the_memory_of_the_next_device,
    it_lies_in_the_memory_of_the_host,
    it_is_copied_when_the_device_comes_to_it,
    nobody_waits_for_the_copy,
    the_reader_does_not_wait,
    the_next_device_is_named,
    it_does_not_keep_its_memory_alive,
    memory_of_the_device_stays_behind,
)

FAULTS: tuple[Fault, ...] = (
    *table(
        "device",
        {
            "torch.tensor[device=sim]": [it_lands_on_the_next_device, it_lies_in_the_memory_of_the_next_device],
            "torch.as_tensor[device=sim]": [(it_lands_on_the_next_device, large)],
            "torch.Tensor.to[sim]": [it_lands_on_the_next_device, it_stays_on_the_host],
            "torch.tensor[default device sim]": [it_stays_on_the_host],
            "torch.Tensor.to[host to sim]": [it_lands_on_the_next_device],
        },
    ),
    *table(
        "memory",
        {
            "torch.Tensor.to[sim]": [(it_lies_in_the_memory_of_the_host, c_order)],
            "torch.asarray[device=sim]": [(it_lies_in_the_memory_of_the_host, c_order)],
        },
    ),
    *table("follows", {"torch.Tensor.copy_[sim]": [(it_lies_in_the_memory_of_the_host, c_order)]}),
    *table("twins", {"torch.Tensor.to[sim]": [the_same_memory_is_handed_out_again]}),
    *table("dtype", {"torch.tensor[device=sim]": [(it_is_narrowed_on_the_device, of("float64"))]}),
    *table(
        "values",
        {
            "torch.Tensor.to[sim]": [
                (it_is_narrowed_on_the_way, of("float64")),
                (its_bytes_are_swapped_on_the_device, of("int32")),
                (last_element_is_wrong, large),
            ],
            "torch.Tensor.to[sim].cpu": [(last_element_is_wrong, large)],
            "torch.Tensor.cpu[sim]": [last_element_is_wrong],
        },
    ),
    *table(
        "refusal",
        {
            "torch.Tensor.to[sim]": [(its_byte_order_is_lost, swapped)],
            "torch.Tensor.numpy[sim]": [it_is_given_to_numpy_in_silence],
            "torch.Tensor.__dlpack__[sim, stream=0]": [a_stream_that_cannot_be_is_taken],
        },
    ),
    *table("outlives", {"torch.Tensor.to[sim]": [(it_does_not_keep_its_memory_alive, c_order)]}),
    *table("independence", {"torch.Tensor.to[sim]": [it_is_copied_when_the_device_comes_to_it]}),
    *table(
        "settled",
        {
            "torch.Tensor.to[sim, pinned, non_blocking]": [nobody_waits_for_the_copy],
            "torch.Tensor.to[sim to cpu, non_blocking]": [nobody_waits_for_the_copy],
        },
    ),
    *table(
        "ordered",
        {
            "torch.Tensor.__dlpack__[sim, on another stream]": [the_reader_does_not_wait],
            "torch.sim.Stream.wait_stream[sim]": [the_reader_does_not_wait],
        },
    ),
    *table(
        "device_refusal",
        {
            "torch.Tensor.numpy[sim]": [the_refusal_does_not_name_the_device, the_next_device_is_named],
            "np.asarray(torch.Tensor)[sim]": [the_refusal_does_not_name_the_device],
        },
    ),
    *table(
        "device_leaks",
        {
            "torch.Tensor.to[sim]": [memory_of_the_device_stays_behind],
            "torch.Tensor.cpu[sim]": [memory_of_the_device_stays_behind],
            "torch.Tensor.numpy[sim]": [memory_of_the_device_stays_behind],
        },
    ),
)

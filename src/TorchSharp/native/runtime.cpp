// Start-up, errors, handles and threads.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <thread>

#include <ATen/Parallel.h>
#if defined(__linux__)
#include <sched.h>
#endif

#include "common.h"

namespace st {

namespace {

std::atomic<int64_t> live_tensors{0};
thread_local std::string last_error;

int usable_cores() {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) == 0) {
        return std::max(1, CPU_COUNT(&set));
    }
#endif
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

// The user's OMP_NUM_THREADS wins; otherwise one intra-op thread for each core this process may use.
bool initialise() noexcept {
    try {
        register_caching_allocator();
        if (std::getenv("OMP_NUM_THREADS") == nullptr) {
            at::set_num_threads(usable_cores());
        }
        return true;
    } catch (...) {
        return false;
    }
}

// Runs while the library is loaded, after libtorch and before any tensor is made through it.
[[maybe_unused]] const bool initialised = initialise();

}  // namespace

Handle own(at::Tensor&& tensor) {
    // Autograd stands in zeros without memory for derivatives that vanish. They can be neither read nor written.
    if (tensor._is_zerotensor()) {
        tensor = tensor.clone();
    }
    auto* handle = new at::Tensor(std::move(tensor));
    live_tensors.fetch_add(1, std::memory_order_relaxed);
    return handle;
}

void remember_error() noexcept {
    try {
        try {
            throw;
        } catch (const c10::Error& error) {
            last_error = error.what_without_backtrace();
        } catch (const std::bad_alloc&) {
            last_error = "out of memory";
        } catch (const std::exception& error) {
            last_error = error.what();
        } catch (...) {
            last_error = "libtorch raised an exception of unknown type";
        }
    } catch (...) {
        last_error.clear();
    }
}

}  // namespace st

using namespace st;

ST_API const char* st_last_error() {
    return last_error.c_str();
}

ST_API int64_t st_live_tensors() {
    return live_tensors.load(std::memory_order_relaxed);
}

ST_API void st_release(Handle handle) {
    live_tensors.fetch_sub(1, std::memory_order_relaxed);
    delete handle;
}

ST_API int st_list_count(const TensorList* tensors) {
    return static_cast<int>(tensors->size());
}

// An undefined member (an unused gradient) comes out as a null handle.
ST_API Handle st_list_take(TensorList* tensors, int index) {
    at::Tensor& tensor = (*tensors)[static_cast<size_t>(index)];
    return tensor.defined() ? guarded([&] { return std::move(tensor); }) : nullptr;
}

ST_API void st_list_release(TensorList* tensors) {
    delete tensors;
}

ST_API int st_get_num_threads() {
    return at::get_num_threads();
}

ST_API int st_set_num_threads(int count) {
    return guarded_status([=] { at::set_num_threads(count); });
}

ST_API int st_get_num_interop_threads() {
    return at::get_num_interop_threads();
}

ST_API int st_set_num_interop_threads(int count) {
    return guarded_status([=] { at::set_num_interop_threads(count); });
}

ST_API int st_cuda_device_count() {
    return static_cast<int>(at::getNumGPUs());
}

ST_API int st_cuda_synchronize(int index) {
    return guarded_status([=] {
        TORCH_CHECK(at::hasCUDA(), "this libtorch is built without CUDA");
        at::empty({1}, at::TensorOptions().device(st::device(1, index))).fill_(0).cpu();
    });
}

ST_API const char* st_torch_version() {
    return TORCH_VERSION;
}

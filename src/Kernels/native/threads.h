// Parallel loops on OpenMP's threads, and scratch memory per thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

#include <omp.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace score {

constexpr size_t huge_page = size_t{2} << 20;

struct Freed {
    void operator()(float* memory) const { std::free(memory); }
};

using Floats = std::unique_ptr<float[], Freed>;

// Uninitialised floats. Large arrays get huge pages: a training step takes 1 to 3 % less time than with small ones.
inline Floats floats(int64_t count) {
    const size_t bytes = std::max<size_t>(64, static_cast<size_t>(count) * sizeof(float));
    void* memory = nullptr;
    const bool large = bytes >= huge_page;
    if (posix_memalign(&memory, large ? huge_page : 64, bytes) != 0) {
        throw std::bad_alloc();
    }
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (large) {
        madvise(memory, bytes / huge_page * huge_page, MADV_HUGEPAGE);
    }
#endif
    return Floats(static_cast<float*>(memory));
}

inline Floats zeros(int64_t count) {
    Floats result = floats(count);
    std::fill_n(result.get(), count, 0.f);
    return result;
}

// The thread's scratch array of at least `count` floats, kept for its next call.
inline float* scratch(int64_t count) {
    static thread_local Floats held;
    static thread_local int64_t size = 0;
    if (count > size) {
        constexpr int64_t page = huge_page / sizeof(float);
        held.reset();
        size = 0;
        const int64_t whole = (count + page - 1) / page * page;
        held = floats(whole);
        size = whole;
    }
    return held.get();
}

inline int64_t threads() { return omp_in_parallel() ? 1 : omp_get_max_threads(); }

// Splits [0, count) into one part per thread, each of at least grain_size items, and calls work(begin, end) for each.
template <class Work>
void parallel_for(int64_t count, int64_t grain_size, const Work& work) {
    const int64_t parts = std::max<int64_t>(1, std::min<int64_t>(threads(), count / std::max<int64_t>(1, grain_size)));
    if (parts == 1) {
        work(int64_t{0}, count);
        return;
    }
#pragma omp parallel num_threads(static_cast<int>(parts))
    {
        const int64_t own = omp_get_thread_num(), all = omp_get_num_threads();
        work(count * own / all, count * (own + 1) / all);
    }
}

// Calls work(next) on each thread. next(chunk) takes the next `chunk` items of [0, count); its range is empty at the end. Faster
// threads take more items, so no result may depend on which thread computes it.
template <class Work>
void parallel_dynamic(int64_t count, int64_t grain_size, const Work& work) {
    std::atomic<int64_t> taken{0};
    const auto next = [&](int64_t chunk) {
        const int64_t from = taken.fetch_add(chunk, std::memory_order_relaxed);
        return std::pair<int64_t, int64_t>(from, std::min(count, from + chunk));
    };
    const int64_t parts = std::max<int64_t>(1, std::min<int64_t>(threads(), count / std::max<int64_t>(1, grain_size)));
    parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
        if (begin < end) {
            work(next);
        }
    });
}

// The number of items that make half a million operations, about five microseconds: less work is not worth another thread.
inline int64_t grain_size(int64_t operations_each) { return std::max<int64_t>(1, (int64_t{1} << 19) / std::max<int64_t>(1, operations_each)); }

}  // namespace score

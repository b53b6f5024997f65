// Work shared out among OpenMP's threads, and memory that each computes in.
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

// So many floats, not set; large ones in large pages (a training step takes 1 to 3 % less than with small ones).
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

// So many floats that a thread computes in and keeps.
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

// Calls work(begin, end) for parts of [0, count), at least `grain` each, on as many threads as that is worth.
template <class Work>
void share(int64_t count, int64_t grain, const Work& work) {
    const int64_t parts = std::max<int64_t>(1, std::min<int64_t>(threads(), count / std::max<int64_t>(1, grain)));
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

// Calls work(next) in each of the threads that [0, count) is worth; next(chunk) takes the following part of it, empty at the end.
// Threads that get on faster take more: nothing may depend on who does what.
template <class Work>
void take_turns(int64_t count, int64_t grain, const Work& work) {
    std::atomic<int64_t> taken{0};
    const auto next = [&](int64_t chunk) {
        const int64_t from = taken.fetch_add(chunk, std::memory_order_relaxed);
        return std::pair<int64_t, int64_t>(from, std::min(count, from + chunk));
    };
    const int64_t parts = std::max<int64_t>(1, std::min<int64_t>(threads(), count / std::max<int64_t>(1, grain)));
    share(parts, 1, [&](int64_t begin, int64_t end) {
        if (begin < end) {
            work(next);
        }
    });
}

// A thread takes part for half a million operations, not for less: some five microseconds.
inline int64_t grain(int64_t operations_each) { return std::max<int64_t>(1, (int64_t{1} << 19) / std::max<int64_t>(1, operations_each)); }

}  // namespace score

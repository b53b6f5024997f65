// Chooses the kernels for this processor.
#include <cstdlib>
#include <cstring>

#if defined(__linux__)
#include <unistd.h>
#endif

#include "kernels.h"

namespace score::kernels {

namespace {

int64_t query_l2_cache() {
#if defined(_SC_LEVEL2_CACHE_SIZE)
    const int64_t found = sysconf(_SC_LEVEL2_CACHE_SIZE);
    return found > 0 ? found : 512 << 10;
#else
    return 512 << 10;
#endif
}

}  // namespace

const int64_t l2_cache_bytes = query_l2_cache();

#if defined(__x86_64__)
namespace avx2 {
extern const Kernels table;
}
namespace avx512 {
extern const Kernels table;
}

namespace {

const Kernels* choose() {
    const char* const requested = std::getenv("SCORE_KERNELS");
    const auto allowed = [&](const char* name) { return requested == nullptr || *requested == '\0' || std::strcmp(requested, name) == 0; };
    const bool fused = __builtin_cpu_supports("fma");
    if (allowed("avx512") && fused && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        return &avx512::table;
    }
    return allowed("avx2") && fused && __builtin_cpu_supports("avx2") ? &avx2::table : nullptr;
}

}  // namespace
#else
namespace {

const Kernels* choose() { return nullptr; }

}  // namespace
#endif

const Kernels* best() {
    static const Kernels* const found = choose();
    return found;
}

}  // namespace score::kernels

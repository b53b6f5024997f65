// What the files of the boundary share: a C interface on pointers, sizes and strides.
#pragma once

#include "kernels.h"
#include "threads.h"

#define SCORE_API extern "C" __attribute__((visibility("default")))

namespace score {

// Rows so far apart, as parts of a wider matrix are; none where start is null.
struct Rows {
    const float* start;
    int64_t apart;
};

}  // namespace score

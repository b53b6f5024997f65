// Declarations for the files of the C interface, which takes pointers, sizes and strides.
#pragma once

#include "kernels.h"
#include "threads.h"

#define SCORE_API extern "C" __attribute__((visibility("default")))

namespace score {

// Rows of a matrix, or some columns of a wider one; no matrix where start is null.
struct Rows {
    const float* start;
    int64_t stride;
};

}  // namespace score

// Group normalisation with its modulation and activation, the optimiser's pass, and products of matrices.
#include "vectors.h"

namespace st::kernels {

namespace {

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

// factor and offset of each channel: z = factor x + offset.
void coefficients(const Normalisation& s, const float* scale, const float* shift, const float* stats, float* factor, float* offset) {
    const int64_t each = s.channels / s.groups;
    for (int64_t c = 0; c < s.channels; ++c) {
        const float mean = stats[2 * (c / each)], inverse = stats[2 * (c / each) + 1];
        const float gain = scale == nullptr ? 1.f : 1.f + scale[c];
        const float weight = (s.weight == nullptr ? 1.f : s.weight[c]) * gain;
        factor[c] = weight * inverse;
        offset[c] = (s.bias == nullptr ? 0.f : s.bias[c] * gain) + (shift == nullptr ? 0.f : shift[c]) - weight * inverse * mean;
    }
}

void statistics(const Normalisation& s, const float* x, float* work, float* stats) {
    const int64_t each = s.channels / s.groups;
    const float count = static_cast<float>(s.pixels * each);
    // Mean, then squares about it: the difference of two sums would lose what a large mean leaves.
    for (int64_t pass = 0; pass < 2; ++pass) {
        float* const mean = work + padded(s.channels);
        for (int64_t c = 0; c < s.channels; c += lanes) {
            const __mmask16 mask = tail(s.channels - c);
            const __m512 centre = pass == 0 ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(mask, mean + c);
            __m512 even = _mm512_setzero_ps(), odd = even;
            const auto term = [&](int64_t pixel) {
                const __m512 value = _mm512_sub_ps(_mm512_maskz_loadu_ps(mask, x + pixel * s.channels + c), centre);
                return pass == 0 ? value : _mm512_mul_ps(value, value);
            };
            int64_t i = 0;
            for (; i + 2 <= s.pixels; i += 2) {
                even = _mm512_add_ps(even, term(i));
                odd = _mm512_add_ps(odd, term(i + 1));
            }
            if (i < s.pixels) {
                even = _mm512_add_ps(even, term(i));
            }
            _mm512_mask_storeu_ps(work + c, mask, _mm512_add_ps(even, odd));
        }
        for (int64_t g = 0; g < s.groups; ++g) {
            float sum = 0;
            for (int64_t c = g * each; c < (g + 1) * each; ++c) {
                sum += work[c];
            }
            if (pass == 0) {
                stats[2 * g] = sum / count;
                for (int64_t c = g * each; c < (g + 1) * each; ++c) {
                    mean[c] = sum / count;
                }
            } else {
                stats[2 * g + 1] = 1.f / __builtin_sqrtf(sum / count + s.epsilon);
            }
        }
    }
}

}  // namespace

void normalise(const Normalisation& s, const float* x, const float* scale, const float* shift, float* stats, float* work, float* y) {
    statistics(s, x, work, stats);
    float *const factor = work, *const offset = work + padded(s.channels);
    coefficients(s, scale, shift, stats, factor, offset);
    for (int64_t pixel = 0; pixel < s.pixels; ++pixel) {
        for (int64_t c = 0; c < s.channels; c += lanes) {
            const __mmask16 mask = tail(s.channels - c);
            const int64_t at = pixel * s.channels + c;
            __m512 z = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, x + at), _mm512_maskz_loadu_ps(mask, factor + c),
                                       _mm512_maskz_loadu_ps(mask, offset + c));
            if (s.activate) {
                z = _mm512_mul_ps(z, sigmoid(z));
            }
            _mm512_mask_storeu_ps(y + at, mask, z);
        }
    }
}

void normalise_gradient(const Normalisation& s, const float* x, const float* scale, const float* shift, const float* stats,
                        const float* dy, float* work, float* first, float* second, float* dx) {
    const int64_t each = s.channels / s.groups, stride = padded(s.channels);
    float *const factor = work, *const offset = work + stride, *const mean = work + 2 * stride, *const inverse = work + 3 * stride;
    float *const slope = work + 4 * stride, *const level = work + 5 * stride;
    coefficients(s, scale, shift, stats, factor, offset);
    for (int64_t c = 0; c < s.channels; ++c) {
        mean[c] = stats[2 * (c / each)];
        inverse[c] = stats[2 * (c / each) + 1];
    }
    const __m512 one = _mm512_set1_ps(1.f);
    for (int64_t c = 0; c < s.channels; c += lanes) {
        const __mmask16 mask = tail(s.channels - c);
        const __m512 a = _mm512_maskz_loadu_ps(mask, factor + c), b = _mm512_maskz_loadu_ps(mask, offset + c);
        const __m512 centre = _mm512_maskz_loadu_ps(mask, mean + c), unit = _mm512_maskz_loadu_ps(mask, inverse + c);
        __m512 sum = _mm512_setzero_ps(), moment = sum;
        for (int64_t pixel = 0; pixel < s.pixels; ++pixel) {
            const int64_t at = pixel * s.channels + c;
            const __m512 value = _mm512_maskz_loadu_ps(mask, x + at);
            __m512 dz = _mm512_maskz_loadu_ps(mask, dy + at);
            if (s.activate) {
                const __m512 z = _mm512_fmadd_ps(value, a, b), gate = sigmoid(z);
                dz = _mm512_mul_ps(dz, _mm512_mul_ps(gate, _mm512_fmadd_ps(z, _mm512_sub_ps(one, gate), one)));
                _mm512_mask_storeu_ps(dx + at, mask, dz);
            }
            sum = _mm512_add_ps(sum, dz);
            moment = _mm512_fmadd_ps(dz, _mm512_mul_ps(_mm512_sub_ps(value, centre), unit), moment);
        }
        _mm512_mask_storeu_ps(first + c, mask, sum);
        _mm512_mask_storeu_ps(second + c, mask, moment);
    }
    // dx = (w dz - mean(w dz) - x̂ mean(w dz x̂)) / deviation = factor dz - slope x - level.
    for (int64_t g = 0; g < s.groups; ++g) {
        float sum = 0, moment = 0;
        for (int64_t c = g * each; c < (g + 1) * each; ++c) {
            const float weight = factor[c] / inverse[c];
            sum += weight * first[c];
            moment += weight * second[c];
        }
        const float count = static_cast<float>(s.pixels * each);
        for (int64_t c = g * each; c < (g + 1) * each; ++c) {
            slope[c] = moment / count * inverse[c] * inverse[c];
            level[c] = sum / count * inverse[c] - slope[c] * mean[c];
        }
    }
    const float* const dz = s.activate ? dx : dy;
    for (int64_t pixel = 0; pixel < s.pixels; ++pixel) {
        for (int64_t c = 0; c < s.channels; c += lanes) {
            const __mmask16 mask = tail(s.channels - c);
            const int64_t at = pixel * s.channels + c;
            const __m512 straight = _mm512_fmsub_ps(_mm512_maskz_loadu_ps(mask, dz + at), _mm512_maskz_loadu_ps(mask, factor + c),
                                                    _mm512_maskz_loadu_ps(mask, level + c));
            _mm512_mask_storeu_ps(dx + at, mask,
                                  _mm512_fnmadd_ps(_mm512_maskz_loadu_ps(mask, slope + c), _mm512_maskz_loadu_ps(mask, x + at), straight));
        }
    }
}

void modulate(const float* x, const float* scale, const float* shift, int64_t count, float* y) {
    for (int64_t i = 0; i < count; i += lanes) {
        const __mmask16 mask = tail(count - i);
        const __m512 value = _mm512_maskz_loadu_ps(mask, x + i);
        const __m512 z = _mm512_add_ps(_mm512_fmadd_ps(value, _mm512_maskz_loadu_ps(mask, scale + i), value), _mm512_maskz_loadu_ps(mask, shift + i));
        _mm512_mask_storeu_ps(y + i, mask, _mm512_mul_ps(z, sigmoid(z)));
    }
}

void modulate_gradient(const float* x, const float* scale, const float* shift, const float* dy, int64_t count, float* dx,
                       float* dscale, float* dshift) {
    const __m512 one = _mm512_set1_ps(1.f);
    for (int64_t i = 0; i < count; i += lanes) {
        const __mmask16 mask = tail(count - i);
        const __m512 value = _mm512_maskz_loadu_ps(mask, x + i), gain = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, scale + i), one);
        const __m512 z = _mm512_fmadd_ps(value, gain, _mm512_maskz_loadu_ps(mask, shift + i)), gate = sigmoid(z);
        const __m512 slope = _mm512_mul_ps(gate, _mm512_fmadd_ps(z, _mm512_sub_ps(one, gate), one));
        const __m512 dz = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, dy + i), slope);
        _mm512_mask_storeu_ps(dx + i, mask, _mm512_mul_ps(dz, gain));
        _mm512_mask_storeu_ps(dscale + i, mask, _mm512_mul_ps(dz, value));
        _mm512_mask_storeu_ps(dshift + i, mask, dz);
    }
}

void silu(const float* x, int64_t count, float* y) {
    for (int64_t i = 0; i < count; i += lanes) {
        const __mmask16 mask = tail(count - i);
        const __m512 value = _mm512_maskz_loadu_ps(mask, x + i);
        _mm512_mask_storeu_ps(y + i, mask, _mm512_mul_ps(value, sigmoid(value)));
    }
}

void silu_gradient(const float* x, const float* dy, int64_t count, float* dx) {
    const __m512 one = _mm512_set1_ps(1.f);
    for (int64_t i = 0; i < count; i += lanes) {
        const __mmask16 mask = tail(count - i);
        const __m512 value = _mm512_maskz_loadu_ps(mask, x + i), gate = sigmoid(value);
        const __m512 slope = _mm512_mul_ps(gate, _mm512_fmadd_ps(value, _mm512_sub_ps(one, gate), one));
        _mm512_mask_storeu_ps(dx + i, mask, _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, dy + i), slope));
    }
}

void column_sums(const float* dy, int64_t rows, int64_t channels, float* sum) {
    for (int64_t c = 0; c < channels; c += lanes) {
        const __mmask16 mask = tail(channels - c);
        __m512 total = _mm512_maskz_loadu_ps(mask, sum + c);
        for (int64_t row = 0; row < rows; ++row) {
            total = _mm512_add_ps(total, _mm512_maskz_loadu_ps(mask, dy + row * channels + c));
        }
        _mm512_mask_storeu_ps(sum + c, mask, total);
    }
}

void pack(const float* b, int64_t k, int64_t n, int64_t row, int64_t column, float* packed) {
    const int64_t vectors = padded(n) / lanes;
    // Sixteen columns a stride apart; beyond the last, the first once more, masked away.
    const __m512i apart = _mm512_mullo_epi32(_mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
                                             _mm512_set1_epi32(static_cast<int>(column)));
    for (int64_t v = 0; v < vectors; ++v) {
        const __mmask16 mask = tail(n - v * lanes);
        const float* const from = b + v * lanes * column;
        float* out = packed + place(vectors, v, 0, k);
        const int64_t step = k > 1 ? place(vectors, v, 1, k) - place(vectors, v, 0, k) : 0;
        for (int64_t i = 0; i < k; ++i) {
            _mm512_storeu_ps(out, column == 1 ? _mm512_maskz_loadu_ps(mask, from + i * row)
                                              : _mm512_mask_i32gather_ps(_mm512_setzero_ps(), mask, apart, from + i * row, 4));
            out += step;
        }
    }
}

void unfold(const float* x, const Images& images, int64_t size, int64_t stride, int64_t padding, int64_t image, float* columns) {
    const int64_t c = images.channels;
    const int64_t height = (images.height + 2 * padding - size) / stride + 1, width = (images.width + 2 * padding - size) / stride + 1;
    x += image * images.height * images.width * c;
    columns += image * height * width * size * size * c;
    for (int64_t place = 0; place < height * width * size * size; ++place) {
        const int64_t tap = place % (size * size), at = place / (size * size);
        const int64_t row = at / width * stride + tap / size - padding, column = at % width * stride + tap % size - padding;
        const bool inside = row >= 0 && row < images.height && column >= 0 && column < images.width;
        for (int64_t k = 0; k < c; k += lanes) {
            const __mmask16 mask = tail(c - k);
            _mm512_mask_storeu_ps(columns + place * c + k, mask,
                                  inside ? _mm512_maskz_loadu_ps(mask, x + (row * images.width + column) * c + k) : _mm512_setzero_ps());
        }
    }
}

void fold(const float* columns, const Images& images, int64_t size, int64_t stride, int64_t padding, int64_t image, float* x) {
    const int64_t c = images.channels;
    const int64_t height = (images.height + 2 * padding - size) / stride + 1, width = (images.width + 2 * padding - size) / stride + 1;
    x += image * images.height * images.width * c;
    columns += image * height * width * size * size * c;
    for (int64_t i = 0; i < images.height * images.width * c; i += lanes) {
        _mm512_mask_storeu_ps(x + i, tail(images.height * images.width * c - i), _mm512_setzero_ps());
    }
    for (int64_t place = 0; place < height * width * size * size; ++place) {
        const int64_t tap = place % (size * size), at = place / (size * size);
        const int64_t row = at / width * stride + tap / size - padding, column = at % width * stride + tap % size - padding;
        if (row < 0 || row >= images.height || column < 0 || column >= images.width) {
            continue;
        }
        float* const out = x + (row * images.width + column) * c;
        for (int64_t k = 0; k < c; k += lanes) {
            const __mmask16 mask = tail(c - k);
            _mm512_mask_storeu_ps(out + k, mask,
                                  _mm512_add_ps(_mm512_maskz_loadu_ps(mask, out + k), _mm512_maskz_loadu_ps(mask, columns + place * c + k)));
        }
    }
}

void multiply(const float* a, int64_t row, int64_t step, const float* packed, int64_t m, int64_t n, int64_t k, float* c,
              int64_t c_row, bool accumulate, const float* bias) {
    product(a, row, step, packed, m, n, k, c, c_row, accumulate, bias);
}

double sum_of_squares(const float* x, int64_t count) {
    __m512d low = _mm512_setzero_pd(), high = low;
    for (int64_t i = 0; i < count; i += lanes) {
        const __m512 value = _mm512_maskz_loadu_ps(tail(count - i), x + i);
        const __m512d a = _mm512_cvtps_pd(_mm512_castps512_ps256(value)), b = _mm512_cvtps_pd(_mm512_extractf32x8_ps(value, 1));
        low = _mm512_fmadd_pd(a, a, low);
        high = _mm512_fmadd_pd(b, b, high);
    }
    return _mm512_reduce_add_pd(_mm512_add_pd(low, high));
}

void adam(const AdamStep& s, const float* parameters, const float* gradient, const float* m, const float* v, int64_t from,
          int64_t to, float* delta, float* m_out, float* v_out) {
    const __m512 rate = _mm512_set1_ps(-s.rate), decay = _mm512_set1_ps(s.decay), epsilon = _mm512_set1_ps(s.epsilon);
    const __m512 beta1 = _mm512_set1_ps(s.beta1), rest1 = _mm512_set1_ps(s.rest1);
    const __m512 beta2 = _mm512_set1_ps(s.beta2), rest2 = _mm512_set1_ps(s.rest2);
    const __m512 correction1 = _mm512_set1_ps(s.correction1), correction2 = _mm512_set1_ps(s.correction2);
    for (int64_t i = from; i < to; i += lanes) {
        const __mmask16 mask = tail(to - i);
        const __m512 g = _mm512_maskz_loadu_ps(mask, gradient + i);
        const __m512 first = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, m + i), beta1, _mm512_mul_ps(g, rest1));
        const __m512 second = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, v + i), beta2, _mm512_mul_ps(_mm512_mul_ps(g, g), rest2));
        const __m512 deviation = _mm512_add_ps(_mm512_sqrt_ps(_mm512_mul_ps(second, correction2)), epsilon);
        const __m512 direction = _mm512_mul_ps(_mm512_div_ps(first, deviation), correction1);
        _mm512_mask_storeu_ps(delta + i, mask, _mm512_mul_ps(_mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, parameters + i), decay, direction), rate));
        _mm512_mask_storeu_ps(m_out + i, mask, first);
        _mm512_mask_storeu_ps(v_out + i, mask, second);
    }
}

void mix(const float* x, const float* y, float a, float b, int64_t from, int64_t to, float* sum) {
    for (int64_t i = from; i < to; i += lanes) {
        const __mmask16 mask = tail(to - i);
        _mm512_mask_storeu_ps(sum + i, mask, _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, x + i), _mm512_set1_ps(a),
                                                             _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, y + i), _mm512_set1_ps(b))));
    }
}

}  // namespace st::kernels

// Operations of a whole warp: the last lane to arrive performs them for all.
#include <algorithm>
#include <cstdio>

#include "machine.hpp"
#include "numbers.hpp"

namespace emulator {
namespace {

// The lane waits until `perform` has been called for its warp, by its last lane. Lanes that meet in different
// operations or at different lines do not execute one warp instruction, which is undefined on a device.
template <typename Lane, typename Perform>
void meet(const char* operation, SourceLine at, Lane& arguments, Perform perform) {
  Fiber& self = this_fiber();
  Machine& machine = *self.machine;
  Warp& warp = machine.warps[self.thread / WARP];
  if (warp.arrived == 0) {
    warp.operation = operation;
    warp.at = at;
  } else if (warp.operation != operation || !same(warp.at, at)) {
    char what[160];
    snprintf(what, sizeof what, "a lane comes to %s while others of its warp are in %s, line %d", operation,
             warp.operation, warp.at.line);
    machine.find(Fault::Divergence, {at, nullptr}, self.thread, what);
    machine.abandon();
  }
  warp.lanes[self.thread % WARP] = &arguments;
  warp.arrived++;
  if (warp.arrived < WARP) return machine.wait(self, Waits::ForWarp, operation, at);

  warp.arrived = 0;
  machine.stats.collectives++;
  Fiber* fibers = &machine.fibers[self.thread / WARP * WARP];
  perform(machine, fibers, reinterpret_cast<Lane**>(warp.lanes));
  for (uint32_t lane = 0; lane < WARP; lane++) fibers[lane].waits = Waits::ForNothing;
}

constexpr char SHUFFLE[] = "a shuffle", VOTE[] = "a vote";
constexpr char MATRIX_READ[] = "a read of matrices", PRODUCT[] = "a product";

struct ShuffleLane {
  uint32_t value;
  int mask;
  uint32_t got;
};

struct VoteLane {
  bool predicate, any;
};

struct ReadLane {
  uint32_t* r;
  const void* row;
};

struct ProductLane {
  float* d;
  Factors factors;
  const float* c;
};

constexpr int ROWS = 8;  // of a matrix that load_matrices reads
constexpr int MATRICES = 4;

// Passes through the 32 banks of 4 bytes for eight rows of 16 bytes: rows on the same four banks are read one after
// another, unless they are the same row.
uint64_t passes(ReadLane* const* rows) {
  uint64_t most = 1;
  for (int i = 0; i < ROWS; i++) {
    uint64_t same_banks = 1;
    for (int j = 0; j < i; j++) {
      const auto a = reinterpret_cast<uintptr_t>(rows[i]->row), b = reinterpret_cast<uintptr_t>(rows[j]->row);
      if (a == b) {
        same_banks = 0;  // read with the earlier one
        break;
      }
      same_banks += a / 16 % 8 == b / 16 % 8;
    }
    most = std::max(most, same_banks);
  }
  return most;
}

// Neither this nor `multiply` is inlined: their variables would enlarge the stack frame of every waiting lane, and
// 128 frames compete for the cache.
//
// Lane 4 g + t gets values 2 t and 2 t + 1 of row g of each matrix; transposed, those of column g.
[[gnu::noinline]] void read_matrices(Machine& machine, Fiber* fibers, ReadLane** lanes, Transposed transposed,
                                     SourceLine at) {
  for (int matrix = 0; matrix < MATRICES; matrix++) {
    ReadLane* const* named = lanes + matrix * ROWS;
    machine.stats.matrix_reads++;
    machine.stats.bank_conflicts += passes(named) - 1;
    const uint16_t* rows[ROWS];
    for (int row = 0; row < ROWS; row++) {
      touch_row(fibers[matrix * ROWS + row], named[row]->row, {at, nullptr});
      rows[row] = static_cast<const uint16_t*>(named[row]->row);
    }
    for (int lane = 0; lane < static_cast<int>(WARP); lane++) {
      const int g = lane / 4, t = lane % 4;
      const bool flip = transposed == Transposed::Yes;
      const uint32_t low = flip ? rows[2 * t][g] : rows[g][2 * t];
      const uint32_t high = flip ? rows[2 * t + 1][g] : rows[g][2 * t + 1];
      lanes[lane]->r[matrix] = low | high << 16;
    }
  }
}

float widen(Product product, uint32_t bits) {
  const uint16_t half = static_cast<uint16_t>(bits);
  return product == Product::Bf16 ? bf16_to_f32(half) : f16_to_f32(half);
}

// Each product of two 16-bit values is exact in f32. They are added in the order of k, beginning with 0, and the
// sum is added to c; every sum is rounded to f32. The device's order is not documented.
template <int DEPTH> [[gnu::noinline]] void multiply(ProductLane** lanes, Product product) {
  constexpr int HALVES = DEPTH / 8;  // a and b come in parts of eight columns and eight rows
  float a[16][DEPTH], b[DEPTH][8], sum[16][8];
  for (int lane = 0; lane < static_cast<int>(WARP); lane++) {
    const int g = lane / 4, t = lane % 4;
    const Factors& factors = lanes[lane]->factors;
    for (int part = 0; part < HALVES; part++) {
      for (int odd = 0; odd < 2; odd++) {
        const int k = 8 * part + 2 * t + odd;
        a[g][k] = widen(product, factors.a[2 * part] >> 16 * odd);
        a[g + 8][k] = widen(product, factors.a[2 * part + 1] >> 16 * odd);
        b[k][g] = widen(product, factors.b[part] >> 16 * odd);
      }
    }
  }
  for (int row = 0; row < 16; row++) {
    float line[8] = {};
    for (int k = 0; k < DEPTH; k++)
      for (int column = 0; column < 8; column++) line[column] += a[row][k] * b[k][column];
    std::copy(line, line + 8, sum[row]);
  }
  for (int lane = 0; lane < static_cast<int>(WARP); lane++) {
    const int g = lane / 4, t = lane % 4;
    for (int i = 0; i < 4; i++) lanes[lane]->d[i] = lanes[lane]->c[i] + sum[g + i / 2 * 8][2 * t + i % 2];
  }
}

}  // namespace

uint32_t shuffle_xor(uint32_t value, int mask, SourceLine at) {
  ShuffleLane arguments{value, mask, 0};
  meet(SHUFFLE, at, arguments, [](Machine&, Fiber*, ShuffleLane** lanes) {
    for (uint32_t lane = 0; lane < WARP; lane++) lanes[lane]->got = lanes[(lane ^ lanes[lane]->mask) % WARP]->value;
  });
  return arguments.got;
}

bool warp_any(bool predicate, SourceLine at) {
  VoteLane arguments{predicate, false};
  meet(VOTE, at, arguments, [](Machine&, Fiber*, VoteLane** lanes) {
    const bool any = std::any_of(lanes, lanes + WARP, [](const VoteLane* lane) { return lane->predicate; });
    for (uint32_t lane = 0; lane < WARP; lane++) lanes[lane]->any = any;
  });
  return arguments.any;
}

void load_matrices(uint32_t (&r)[4], const void* row, Transposed transposed, SourceLine at) {
  ReadLane arguments{r, row};
  meet(MATRIX_READ, at, arguments, [=](Machine& machine, Fiber* fibers, ReadLane** lanes) {
    read_matrices(machine, fibers, lanes, transposed, at);
  });
}

void multiply_add(Product product, float (&d)[4], Factors factors, const float (&c)[4], SourceLine at) {
  ProductLane arguments{d, factors, c};
  meet(PRODUCT, at, arguments, [=](Machine&, Fiber*, ProductLane** lanes) {
    if (product == Product::F16HalfDepth)
      multiply<8>(lanes, product);
    else
      multiply<16>(lanes, product);
  });
}

}  // namespace emulator

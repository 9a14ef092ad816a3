#include "machine.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <string>

namespace emulator {
namespace {

// The first function on a thread's stack. It cannot return.
void thread_main() {
  Fiber& self = this_fiber();
  Machine& machine = *self.machine;
  machine.launch.entry->run(params_of(self));
  machine.thread_returned(self);
  machine.wait(self, Waits::Never, "nothing", {});
  abort();
}

void set_order(std::vector<uint32_t>& order, uint32_t first, uint32_t end, Order as) {
  order.resize(end - first);
  std::iota(order.begin(), order.end(), first);
  if (as == Order::Reverse) std::reverse(order.begin(), order.end());
}

}  // namespace

void Machine::run(const Launch& asked) {
  launch = asked;
  findings.clear();
  stats = {};
  abandoned = !set_up();
  for (size_t i = 0; i < block_order.size() && !abandoned; i++) {
    block = block_order[i];
    begin_block();
    run_block();
  }
  findings.locate();
}

bool Machine::set_up() {
  char what[200] = "";
  const auto refuse = [&](const char* why) {
    findings.add(Fault::Launch, {}, 0, ALL_THREADS, why);
    return false;
  };
  if (launch.params_bytes != launch.entry->params_bytes || launch.params_bytes > MAX_PARAMS_BYTES) {
    snprintf(what, sizeof what, "%zu bytes of parameters, %s takes %zu", launch.params_bytes, launch.entry->name,
             launch.entry->params_bytes);
    return refuse(what);
  }
  const uint32_t most = std::min(launch.entry->max_threads, MAX_THREADS);
  if (launch.block == 0 || launch.block % WARP != 0 || launch.block > most) {
    snprintf(what, sizeof what, "blocks of %u threads, %s allows multiples of 32 up to %u", launch.block,
             launch.entry->name, most);
    return refuse(what);
  }
  if (launch.shared_bytes > MAX_SHARED_BYTES) return refuse("more shared memory than any device has");
  if (launch.grid <= launch.first) return refuse("an empty grid");

  if (now >= 1u << 31) {
    memory.forget();
    now = 0;
  }
  now++;
  if (!memory.set_up(launch.buffers, launch.buffer_count, launch.shared_bytes, now) || !stacks.reserve(launch.block))
    return refuse("the system cannot allocate the stacks or the tracking memory of the buffers");
  if (!fibers) fibers = std::make_unique<Fiber[]>(MAX_THREADS);
  random = launch.seed * 0x9e3779b97f4a7c15u | 1;
  set_order(thread_order, 0, launch.block, launch.order);
  set_order(block_order, launch.first, launch.grid, launch.order);
  if (launch.order == Order::Random) shuffle(block_order);
  return true;
}

void Machine::begin_block() {
  block_began = ++now;
  arrived = returned = 0;
  memory.begin_block(now);
  for (Warp& warp : warps) warp.arrived = 0;
  for (uint32_t thread = 0; thread < launch.block; thread++) {
    Fiber& fiber = fibers[thread];
    fiber.machine = this;
    fiber.thread = thread;
    fiber.waits = Waits::ForNothing;
    fiber.copies.clear();
    fiber.group = 0;
    stacks.prepare(fiber, thread_main, launch.params, launch.params_bytes);
  }
}

void Machine::run_block() {
  while (returned < launch.block) {
    if (launch.order == Order::Random) shuffle(thread_order);
    bool moved = false;
    for (uint32_t thread : thread_order) {
      if (fibers[thread].waits != Waits::ForNothing) continue;
      moved = true;
      turn(fibers[thread]);
      if (abandoned) return;
    }
    if (!moved) return report_deadlock();
  }
}

void Machine::turn(Fiber& fiber) {
  stats.turns++;
  emulator_switch(&scheduler, fiber.stack_pointer);
}

void Machine::wait(Fiber& self, Waits waits, const char* doing, SourceLine at) {
  self.waits = waits;
  self.doing = doing;
  self.at = at;
  emulator_switch(&self.stack_pointer, scheduler);
}

void Machine::abandon() {
  abandoned = true;
  wait(this_fiber(), Waits::Never, "nothing", {});
  abort();
}

void Machine::find(Fault fault, Where where, uint32_t thread, const char* what) {
  findings.add(fault, where, block, thread, what);
}

void Machine::thread_returned(Fiber& fiber) {
  if (!fiber.copies.empty())
    find(Fault::CopyInFlight, {}, fiber.thread, "a thread returns before it has waited for its copies");
  returned++;
  if (arrived > 0 && arrived + returned == launch.block) open_barrier();
}

void Machine::open_barrier() {
  if (returned > 0) {
    char what[100];
    snprintf(what, sizeof what, "a barrier is met by %u of %u threads, the others have returned", arrived,
             launch.block);
    find(Fault::Barrier, {barrier, nullptr}, ALL_THREADS, what);
  }
  arrived = 0;
  now++;
  stats.barriers++;
  for (uint32_t thread = 0; thread < launch.block; thread++)
    if (fibers[thread].waits == Waits::ForBlock) fibers[thread].waits = Waits::ForNothing;
}

void Machine::shuffle(std::vector<uint32_t>& order) {
  for (size_t left = order.size(); left > 1; left--) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    std::swap(order[left - 1], order[random % left]);
  }
}

// Reports the operation in which each range of threads waits.
void Machine::report_deadlock() {
  abandoned = true;
  std::string table = "no thread can continue:";
  Where first;
  for (uint32_t from = 0, to; from < launch.block; from = to) {
    const Fiber& fiber = fibers[from];
    const bool is_back = fiber.waits == Waits::Never;
    for (to = from + 1; to < launch.block; to++)
      if (fibers[to].waits != fiber.waits || fibers[to].doing != fiber.doing || !same(fibers[to].at, fiber.at)) break;
    if (!first.source_line.file && !is_back) first.source_line = fiber.at;
    table += " threads " + std::to_string(from) + "-" + std::to_string(to - 1);
    table += is_back ? " have returned;"
                     : std::string(" wait in ") + fiber.doing + ", line " + std::to_string(fiber.at.line) + ";";
  }
  table.pop_back();
  find(Fault::Deadlock, first, ALL_THREADS, table.c_str());
}

unsigned thread_index() { return this_fiber().thread; }
unsigned block_index() { return this_fiber().machine->block; }
unsigned block_size() { return this_fiber().machine->launch.block; }
unsigned grid_size() { return this_fiber().machine->launch.grid; }
void* shared_memory() { return this_fiber().machine->memory.shared().begin; }

void block_sync(SourceLine at) {
  Fiber& self = this_fiber();
  Machine& machine = *self.machine;
  if (machine.arrived == 0) machine.barrier = at;
  if (!same(machine.barrier, at)) {
    char what[100];
    snprintf(what, sizeof what, "threads of a block meet at different barriers: here and line %d",
             machine.barrier.line);
    machine.find(Fault::Barrier, {at, nullptr}, self.thread, what);
  }
  machine.arrived++;
  if (machine.arrived + machine.returned == machine.launch.block) return machine.open_barrier();
  machine.wait(self, Waits::ForBlock, "the barrier of the block", at);
}

}  // namespace emulator

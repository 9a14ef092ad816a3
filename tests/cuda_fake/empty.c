// A library named libcuda.so that is not a driver.
int nothing;

mod checking;
mod honest;
mod lying;
mod mutation;
mod names;
mod unpacking;

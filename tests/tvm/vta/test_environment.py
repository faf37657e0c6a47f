from autosched.tvm import vta


def test_the_environment_has_the_names_of_scripts() -> None:
    with vta.get_env() as env:
        assert (env.TARGET, env.target_host, env.BLOCK_IN) == ("sim", "llvm", 16)
        assert env.gemm.shape == (env.BATCH, env.BLOCK_OUT, env.BLOCK_IN)
    vta.program_fpga(None, bitstream=None)
    vta.reconfig_runtime(None)
    assert vta.testing.simulator.enabled()
